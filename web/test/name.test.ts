// name.test.ts - which names the API takes for a project.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {notAName} from '../src/pages/project/name';

test('a name begins with a letter or digit, and has few other characters', () => {
	for (const name of ['shop', '2nd', 'my-shop_1.0', 'A', 'x'.repeat(100)])
		assert.equal(notAName(name), false, name);
	for (const name of ['', 'my shop', '-shop', '.shop', '_shop', 'größe', 'a/b', 'shop\n', 'x'.repeat(101)])
		assert.ok(notAName(name), name);
});
