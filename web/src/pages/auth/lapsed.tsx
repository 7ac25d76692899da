// lapsed.tsx - a session that has ended while something was typed: the page stays
// as it is, and over it one signs in again. Where nothing would be lost, the page
// for signing in is good enough, and shows less to whoever passes.
import {effect, signal} from '@preact/signals';
import type {ComponentType} from 'preact';
import {lapsed, leave, user} from '../../api/session';
import {toast} from '../../ui/toast';
import {anyUnsaved} from '../../ui/unsaved';

effect(() => {
	if (lapsed.value && !anyUnsaved())
		leave();
});

// Guests need it never. Others have it before they do: then it may not be to be had.
const dialog = signal<ComponentType>();
effect(() => {
	const late = lapsed.value;
	if (!user.value || dialog.peek())
		return;
	import('./signinover').then(file => (dialog.value = file.SignInOver), () => {
		if (late)
			toast('Your session has ended. Sign in in another tab: what you have typed here is kept, and this page goes on.', 'bad');
	});
});

export function Lapsed() {
	const Over = lapsed.value && dialog.value;
	return Over ? <Over /> : null;
}
