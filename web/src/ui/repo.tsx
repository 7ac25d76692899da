// repo.tsx - the address of a repository, as short as people say it.
import {Icon} from './icon';

export function isGitHub(url: string): boolean {
	return /^https:\/\/github\.com\//.test(url);
}

// owner/name is short for an address at GitHub.
export function repoAddress(text: string): string {
	return /^[\w.-]+\/[\w.-]+$/.test(text) ? `https://github.com/${text}` : text;
}

// https://github.com/owner/name.git -> owner/name. A project without one is
// uploaded.
export function repoName(url: string | null): string {
	return url === null ? 'Uploads' : url.replace(/^https:\/\/(github\.com\/)?/, '').replace(/\.git$/, '');
}

export function RepoLink({url}: {url: string | null}) {
	return url === null ? <span class="repo"><Icon name="up" size={15} /> {repoName(url)}</span> : (
		<a class="repo" href={url.replace(/\.git$/, '')} target="_blank" rel="noopener noreferrer">
			<Icon name={isGitHub(url) ? 'github' : 'branch'} size={15} /> {repoName(url)}
			<span class="sr-only"> (opens in a new tab)</span>
		</a>
	);
}
