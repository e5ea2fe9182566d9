// `npm run chaos`: the randomised suite alone, two minutes as in CI unless APPSUP_CHAOS_SECONDS says otherwise.
import {spawnSync} from 'node:child_process';
import process from 'node:process';

const env = {APPSUP_CHAOS_SECONDS: '120', ...process.env};
const {status} = spawnSync('npx', ['ava', 'build/test/e2e/chaos.js'], {env, stdio: 'inherit'});
process.exitCode = status ?? 1;
