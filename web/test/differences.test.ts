// differences.test.ts - what a rollback says of the settings.
import assert from 'node:assert/strict';
import test from 'node:test';
import {differences} from '../src/ui/differences';

const found = {rootDir: null, installCommand: null, buildCommand: null, outputDir: null, spa: null};

test('settings that say the same in other words do not differ', () => {
	assert.deepEqual(differences({branch: 'main', settings: found}, {branch: 'main', settings: {...found, spa: 'auto'}}), []);
});

test('those that differ are told, as they are and as they were', () => {
	assert.deepEqual(differences({branch: 'main', settings: {...found, buildCommand: 'npm run site'}}, {branch: 'old', settings: {...found, installCommand: ''}}), [
		['Branch', 'main', 'old'],
		['Install command', 'as found', 'none'],
		['Build command', 'npm run site', 'as found'],
	]);
});
