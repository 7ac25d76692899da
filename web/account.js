// account.js - the pages that links in mails and sign-ins at a provider lead to.
// The code stands in the fragment, which no server sees; it is taken out of the
// address at once, so that it is in no history either.
'use strict';

const fragment = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, '', location.pathname);

const actions = {
	forgot: {
		path: '/api/auth/forgot-password',
		body: form => ({email: form.email.value}),
		done: () => 'If this address has an account, a mail with a link is on its way.',
	},
	reset: {
		path: '/api/auth/reset-password',
		needsCode: true,
		body: form => ({token: fragment.get('code'), password: form.password.value}),
		done: () => 'Your password is set. You can sign in with it now.',
	},
	verify: {
		path: '/api/auth/verify-email',
		needsCode: true,
		body: () => ({token: fragment.get('code')}),
		done: () => 'Thank you, your address is confirmed.',
	},
	oauth: {
		path: '/api/auth/oauth/finish',
		needsCode: true,
		body: () => ({code: fragment.get('code')}),
		done: answer => `You are signed in as ${answer.user.name} (${answer.user.email}).`,
	},
};

// The errors that a sign-in at a provider can end with: their codes in err.def,
// in lower case.
const errors = {
	account_disabled: 'This account is disabled. Ask your administrator.',
	account_exists: 'There is an account with the address of that profile already. Sign in with its password, ' +
		'then link the provider in your settings.',
	email_unverified: 'The provider has no confirmed address for you. Confirm one there and try again.',
	identity_taken: 'That profile signs in to another account here.',
	oauth_denied: 'You did not let the provider tell us who you are. Nothing has changed.',
	oauth_state: 'This sign-in was started somewhere else, or too long ago. Please start again.',
	provider_failed: 'The provider did not answer as it should. Please try again in a moment.',
	service_unavailable: 'Too many people are signing in right now. Please try again in a moment.',
};

function say(text, good) {
	const outcome = document.getElementById('outcome');
	outcome.textContent = text;
	outcome.className = good ? 'good' : 'bad';
	outcome.hidden = false;
}

async function send(form, action) {
	const button = form.querySelector('button');
	button.disabled = true;
	try {
		const response = await fetch(action.path, {
			method: 'POST',
			headers: {'Content-Type': 'application/json', 'X-Client': 'web'},
			body: JSON.stringify(action.body(form.elements)),
		});
		const answer = response.status === 204 ? {} : await response.json();
		if (response.ok) {
			form.hidden = true;
			say(action.done(answer), true);
			return;
		}
		const fields = answer.error.details.fields || [];
		say([answer.error.message, ...fields.map(f => `${f.name} ${f.message}`)].join(': '), false);
	} catch {
		say('The server cannot be reached. Please try again in a moment.', false);
	}
	button.disabled = false;
}

const form = document.querySelector('form');
const action = actions[form.dataset.action];
if (fragment.has('error')) {
	form.hidden = true;
	say(errors[fragment.get('error')] || 'Signing in did not work. Please try again.', false);
} else if (fragment.has('linked')) {
	form.hidden = true;
	say('From now on you can sign in this way, too.', true);
} else if (action.needsCode && !fragment.get('code')) {
	form.hidden = true;
	say('This link is not complete. Open it from the mail again, or ask for a new one.', false);
} else {
	form.addEventListener('submit', event => {
		event.preventDefault();
		send(form, action);
	});
}
