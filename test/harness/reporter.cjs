/**
 * Mocha's usual report, and its figures as JSON into the file that GUPLINT_TEST_RESULT names, if it names one:
 * { passes, failures, pending, tests, suites, duration } as mocha counts them.
 */
const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

class ResultReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const file = process.env.GUPLINT_TEST_RESULT;
      if (file === undefined || file === '') return;
      const { passes, failures, pending, tests, suites, duration } = this.stats;
      writeFileSync(file, JSON.stringify({ passes, failures, pending, tests, suites, duration }));
    });
  }
}

module.exports = ResultReporter;
