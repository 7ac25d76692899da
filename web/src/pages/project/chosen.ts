// chosen.ts - what somebody has chosen or dropped to be uploaded: an archive as
// it is, or the files of a directory.
import {isPublished, type Packable} from './pack';

export type Chosen = {archive: File} | {name: string; files: Packable[]};

const ARCHIVE = /\.(tar\.gz|tgz)$/i;

// The directory's own name is none of the site's.
export function fromPicker(list: FileList): Chosen {
	const files = [...list].map(file => ({path: file.webkitRelativePath.replace(/^[^/]*\//, ''), file}));
	return {name: list[0]?.webkitRelativePath.split('/')[0] ?? '', files: files.filter(f => isPublished(f.path))};
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
	return new Promise((resolve, reject) => entry.file(resolve, reject));
}

// They come a hundred at a time, until none do.
async function childrenOf(entry: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
	const reader = entry.createReader();
	const all: FileSystemEntry[] = [];
	for (;;) {
		const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
		if (!some.length)
			return all;
		all.push(...some);
	}
}

async function walk(entries: readonly FileSystemEntry[], under: string, into: Packable[]): Promise<Packable[]> {
	for (const entry of entries) {
		const path = under + entry.name;
		if (!isPublished(path))
			continue;
		if (entry.isDirectory)
			await walk(await childrenOf(entry as FileSystemDirectoryEntry), `${path}/`, into);
		else
			into.push({path, file: await fileOf(entry as FileSystemFileEntry)});
	}
	return into;
}

// One archive, one directory, or all that a directory holds. Has to be called
// while the event is going on.
export async function fromDrop(items: DataTransferItemList): Promise<Chosen> {
	const entries = [...items].map(item => item.webkitGetAsEntry()).filter(entry => entry !== null);
	const [first] = entries;
	if (entries.length !== 1 || !first)
		return {name: 'What was dropped', files: await walk(entries, '', [])};
	if (first.isDirectory)
		return {name: first.name, files: await walk(await childrenOf(first as FileSystemDirectoryEntry), '', [])};
	const file = await fileOf(first as FileSystemFileEntry);
	return ARCHIVE.test(file.name) ? {archive: file} : {name: file.name, files: [{path: file.name, file}]};
}
