// differences.test.ts - what a rollback says of the settings.
import assert from 'node:assert/strict';
import test from 'node:test';
import {differences} from '../src/ui/differences';

const built = {branch: 'main', uploaded: false};
const found = {rootDir: null, installCommand: null, buildCommand: null, outputDir: null, spa: null};

test('settings that say the same in other words do not differ', () => {
	assert.deepEqual(differences({...built, settings: found}, {...built, settings: {...found, spa: 'auto'}}), []);
});

test('those that differ are told, as they are and as they were', () => {
	assert.deepEqual(differences({...built, settings: {...found, buildCommand: 'npm run site'}}, {...built, branch: 'old', settings: {...found, installCommand: ''}}), [
		['Branch', 'main', 'old'],
		['Install command', 'as found', 'none'],
		['Build command', 'npm run site', 'as found'],
	]);
});

test('of an upload nothing was built: what a build is set to does not matter', () => {
	const site = {...built, settings: {...found, buildCommand: 'npm run site'}};
	const upload = {branch: 'other', uploaded: true, settings: {...found, spa: 'on' as const}};
	assert.deepEqual(differences(site, upload), [['Made by', 'a build', 'an upload'], ['Paths without a file', 'auto', 'on']]);
	assert.deepEqual(differences(upload, site), [['Made by', 'an upload', 'a build'], ['Paths without a file', 'on', 'auto']]);
	assert.deepEqual(differences(upload, {...upload, branch: 'main', settings: {...upload.settings, rootDir: 'docs'}}), []);
});
