// The compiled tests of build/ (see test/tsconfig.json). Helpers and fixtures are not tests.
export default {
  files: [
    'build/test/**/*.js',
    '!build/test/{helpers,fixtures}/**',
    // Two minutes of it in CI; as long as one likes by hand: `npm run chaos`.
    ...(!process.env.CI && process.env.APPSUP_CHAOS_SECONDS === undefined
      ? ['!build/test/e2e/chaos.js']
      : []),
  ],
  // An end-to-end test waits for real servers, crons and grace periods; it must not be cut short on a slow machine.
  timeout: '10m',
  // Tests of processes need a little air: two files at a time, on two cores and on sixteen.
  concurrency: 2,
  // Child processes instead of worker threads: tests use umask, cwd, signals and the uid of their process.
  workerThreads: false,
};
