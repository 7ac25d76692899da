// arrive.ts - what follows a sign-in, by whatever way.
import {api, ok} from '../../api/client';
import {begin} from '../../api/session';
import type {Reply} from '../../api/types';
import {applyTheme} from '../../app/theme';
import {toast} from '../../ui/toast';
import {typedEmail} from './email';

// Where to go is for the guard of the pages, or for who calls.
export function arrive(grant: Reply<'/api/auth/login', 'post'>, text: string): void {
	begin(grant);
	typedEmail.value = '';
	toast(text, 'good');
	// the account's colours; without an answer the browser's stay
	ok(api.GET('/api/user/preferences')).then(p => applyTheme(p.theme), () => undefined);
}
