// next.ts - where somebody wanted to go before they had to sign in.

// Only an address of the panel, and none that leads nowhere once signed in.
export function nextOf(next: string | null | undefined): string {
	return next && next !== '/' && /^\/(?![/\\])/.test(next) ? next : '/dashboard';
}
