// openapi-lint.mjs FILE - what Redocly's linter, its own package without the rest
// of its command line, finds in a description of an API: a line each. Exits 1
// when there is any.
import {createConfig, lintFromString} from '@redocly/openapi-core';
import {readFileSync} from 'node:fs';

const config = await createConfig({
	extends: ['recommended'],
	rules: {
		// a document that is read on many hosts has no server of its own
		'no-server-example.com': 'off',
		'info-license-url': 'off',
		// /deployments/recent beside /deployments/{id} is told apart: fixed wins
		'no-ambiguous-paths': 'off',
		// the way to a provider and back is made of redirects
		'operation-2xx-response': 'off',
	},
});
const [file] = process.argv.slice(2);
const problems = await lintFromString({source: readFileSync(file, 'utf8'), absoluteRef: file, config});
for (const {severity, ruleId, message, location} of problems)
	console.log(`${severity}: ${ruleId}: ${message} at ${location[0]?.pointer}`);
process.exitCode = problems.length ? 1 : 0;
