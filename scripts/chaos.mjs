// `npm run chaos`: the randomised suite alone, half a minute unless APPSUP_CHAOS_SECONDS says otherwise.
import {spawnSync} from 'node:child_process';
import process from 'node:process';

const env = {APPSUP_CHAOS_SECONDS: '30', ...process.env};
const {status} = spawnSync('npx', ['ava', 'build/test/e2e/chaos.js'], {env, stdio: 'inherit'});
process.exitCode = status ?? 1;
