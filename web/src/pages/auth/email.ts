// email.ts - the address that was typed, so that nobody types it again on the
// way between signing in, signing up and a forgotten password.
import {signal} from '@preact/signals';

export const typedEmail = signal('');

export function notAnAddress(email: string): string | false {
	if (!email.trim())
		return 'Enter your address.';
	return !/^[^\s@]+@[^\s@]+$/.test(email.trim()) && 'This is no email address. It looks like name@example.com.';
}
