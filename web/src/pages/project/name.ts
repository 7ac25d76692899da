// name.ts - what the API wants of a project's name, said before it is asked.
export const NAME_HINT = 'Letters, digits, dots, hyphens and underscores; a letter or digit first.';
// It alone knows the others' names.
export const NAME_TAKEN = 'You have a project of this name already. Please choose another one.';

export function notAName(name: string): string | false {
	if (!name)
		return 'Give the project a name.';
	return !/^[A-Za-z0-9][\w.-]{0,99}$/.test(name) && 'Use letters, digits, dots, hyphens and underscores, with a letter or digit first.';
}
