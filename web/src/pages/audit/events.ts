// events.ts - what the rows of the audit log say, in words. An event that is
// not here is shown by its name, so a newer API is no trouble.
import type {Reply} from '../../api/types';

export type Row = Reply<'/api/audit-logs', 'get'>['auditLogs'][number];

// groups of events, as the API filters them: all that begin so
export const GROUPS: readonly (readonly [prefix: string, text: string])[] = [
	['auth.', 'Signing in and passwords'],
	['project.', 'Projects'],
	['deployment.', 'Deployments'],
	['preview.', 'Previews'],
	['domain.', 'Domains'],
	['deploy_hook.', 'Deploy hooks'],
	['webhook.', 'Webhooks'],
	['github.', 'GitHub'],
	['channel.', 'Notification channels'],
	['api_key.', 'API keys'],
	['profile.', 'Profile'],
	['preferences.', 'Preferences'],
	['account.', 'Own account'],
	['user.', 'User management'],
	['incident.', 'Incidents'],
	['audit.', 'Audit log'],
];

// past tense, after the name of who did it
const DID: Record<string, string> = {
	'auth.signup': 'signed up',
	'auth.login': 'signed in',
	'auth.login_failed': 'tried to sign in',
	'auth.refresh': 'stayed signed in (a token was renewed)',
	'auth.refresh_reused': 'used an old token again; the session was ended',
	'auth.logout': 'signed out',
	'auth.locked': 'was locked out after too many wrong passwords',
	'auth.session_revoke': 'ended another session',
	'auth.password_change': 'changed the password',
	'auth.reset_request': 'asked for a new password by mail',
	'auth.reset': 'set a new password by mail',
	'auth.verify_request': 'asked for a mail to confirm the address',
	'auth.verify': 'confirmed the address',
	'auth.email_change': 'changed the address',
	'auth.oauth_login': 'signed in through GitHub or Google',
	'auth.oauth_failed': 'tried to sign in through GitHub or Google',
	'auth.oauth_link': 'linked an account at GitHub or Google',
	'auth.oauth_unlink': 'unlinked an account at GitHub or Google',
	'github.connect': 'connected GitHub',
	'github.disconnect': 'disconnected GitHub',
	'webhook.secret': 'replaced the secret of a webhook',
	'webhook.register': 'registered a webhook at GitHub',
	'webhook.remove': 'removed a webhook',
	'webhook.redeliver': 'had a webhook delivery judged again',
	'api_key.create': 'made an API key',
	'api_key.revoke': 'revoked an API key',
	'channel.create': 'made a notification channel',
	'channel.update': 'changed a notification channel',
	'channel.secret': 'replaced the secret of a notification channel',
	'channel.test': 'tried a notification channel',
	'channel.delete': 'deleted a notification channel',
	'profile.update': 'changed the profile',
	'preferences.update': 'changed the preferences',
	'account.export': 'took out all data of the account',
	'account.delete': 'deleted the own account',
	'project.create': 'made a project',
	'project.update': 'changed a project',
	'project.delete': 'deleted a project',
	'project.env_set': 'set an environment variable',
	'project.env_remove': 'removed an environment variable',
	'project.rollback': 'rolled a project back',
	'deployment.create': 'started a deployment',
	'deployment.upload': 'uploaded a deployment',
	'deployment.cancel': 'cancelled a deployment',
	'deployment.redeploy': 'deployed once more',
	'deployment.delete': 'deleted a deployment',
	'preview.approve': 'approved a preview of a stranger’s pull request',
	'preview.close': 'closed a preview',
	'deploy_hook.create': 'made a deploy hook',
	'deploy_hook.delete': 'removed a deploy hook',
	'deploy_hook.use': 'used a deploy hook',
	'domain.create': 'added a domain',
	'domain.delete': 'gave a domain up',
	'domain.certificate_set': 'set a certificate of one’s own for a domain',
	'domain.certificate_remove': 'went back to ordered certificates for a domain',
	'incident.create': 'made an incident',
	'incident.update': 'changed an incident',
	'incident.note': 'told more of an incident',
	'incident.delete': 'deleted an incident',
	'user.create': 'made an account',
	'user.update': 'changed an account',
	'user.activate': 'activated an account',
	'user.deactivate': 'deactivated an account',
	'user.delete': 'deleted an account',
	'user.bulk': 'changed many accounts at once',
	'user.export': 'exported the list of accounts',
	'user.role': 'changed the role of an account',
	'user.password_reset': 'set the password of an account',
	'audit.export': 'exported audit rows',
};

export function inWords(event: string): string {
	return DID[event] ?? `did ${event}`;
}

// The few details that make the sentence; the rest is behind it.
export function more({details, outcome}: Row): string {
	const of = details as Record<string, unknown>;
	const text = (name: string) => typeof of[name] === 'string' ? of[name] : '';
	return [
		outcome === 'failure' && text('code') ? `refused: ${text('code')}` : '',
		text('from') && text('to') ? `from ${text('from')} to ${text('to')}` : '',
		text('fields') && text('fields').split(' ').join(', '),
		text('variable'),
		text('domain'),
		text('rows') && `${text('rows')} rows`,
		text('status'),
		text('action') && `${text('action')}, ${text('accounts')} accounts${text('failed') && text('failed') !== '0' ? `, ${text('failed')} not done` : ''}`,
	].filter(Boolean).join(' · ');
}

// Where the thing is that it was done to, when it still is.
export function linkOf({event, target}: Row): string | null {
	if (!target || event.endsWith('.delete'))
		return null;
	if (event.startsWith('deployment.'))
		return `/deployments/${target}`;
	if (event.startsWith('project.'))
		return `/projects/${target}`;
	return event.startsWith('incident.') ? `/status#${target}` : null;
}
