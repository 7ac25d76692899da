// password.ts - what the API wants of a new password, said before it is asked.
// It knows more reasons to refuse one, e.g. that it is too common.

export const PASSWORD_HINT = 'At least 8 characters. A few unrelated words are better than one with odd letters.';

export function notAPassword(password: string): string | false {
	if ([...password].length < 8)
		return password ? 'Use at least 8 characters.' : 'Choose a password.';
	return new TextEncoder().encode(password).length > 72 && 'Use at most 72 bytes; letters with accents count as two.';
}
