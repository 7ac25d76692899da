// words.test.ts - what the status page says of all services at once.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {overall, type Service} from '../src/pages/status/words';

function services(...states: Service['status'][]): Service[] {
	return states.map((status, n) => ({name: `S${n}`, status, uptime: null, responseTime: null, lastCheckedAt: null}) as unknown as Service);
}

test('all is well when every service answers and nothing is open', () => {
	assert.deepEqual(overall(services('operational', 'operational')), {mood: 'good', title: 'All Systems Operational', text: 'Every service answers.'});
});

test('what is not over is told, whatever the services do', () => {
	assert.deepEqual(overall(services('operational'), ['Builds wait']),
		{mood: 'warn', title: 'Open Incident', text: 'Every service answers. Not over yet: Builds wait.'});
	assert.deepEqual(overall(services('operational'), ['Builds wait', 'No mails']),
		{mood: 'warn', title: 'Open Incidents', text: 'Every service answers. Not over yet: Builds wait; No mails.'});
	assert.deepEqual(overall(services('down', 'operational'), ['Builds wait']),
		{mood: 'warn', title: 'Some Systems Degraded', text: 'S0 is down. Not over yet: Builds wait.'});
	assert.deepEqual(overall(services('unknown', 'operational'), ['Builds wait']),
		{mood: 'idle', title: 'Status Unknown', text: 'Nobody has looked at S0 lately. Not over yet: Builds wait.'});
	assert.deepEqual(overall([], ['Builds wait']),
		{mood: 'idle', title: 'Status Unknown', text: 'The services have not been looked at yet. Not over yet: Builds wait.'});
});

test('without any nothing is said of them', () => {
	assert.equal(overall(services('unknown')).text, 'Nobody has looked at S0 lately.');
	assert.equal(overall([]).text, 'The services have not been looked at yet.');
});
