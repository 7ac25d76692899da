// domains.tsx - names of one's own for the site: proving them, and their
// certificates.
import {useEffect, useState} from 'preact/hooks';
import {api, gone, ok} from '../../api/client';
import {useLoad} from '../../api/load';
import type {Project, Reply} from '../../api/types';
import {Button, useAction} from '../../ui/button';
import {Confirm} from '../../ui/dialog';
import {Form, TextField} from '../../ui/form';
import {Badge, Card, Empty, ErrorNote, Note, Skeleton} from '../../ui/parts';
import {Time} from '../../ui/time';
import {toast} from '../../ui/toast';
import {useUnsaved} from '../../ui/unsaved';
import {Copyable} from './copyable';
import type {Side} from './side';

type Domain = Reply<'/api/projects/{id}/domains', 'get'>['domains'][number];

const STATES: Record<Domain['state'], [mood: string, text: string]> = {
	pending: ['wait', 'Waits for its DNS record'], verified: ['busy', 'Waits for its certificate'],
	active: ['good', 'Active'], failed: ['bad', 'Given up'],
};

const SAYS = {
	DOMAIN_TAKEN: 'This project has that domain already.',
	DOMAINS_FULL: 'This project has as many domains as it may have. Remove one that is not used any more.',
};

export function Domains({project}: Side) {
	const [adding, setAdding] = useState(false);
	const [settling, setSettling] = useState(false);
	const {data, error, reload} = useLoad(async signal => {
		const found = await ok(api.GET('/api/projects/{id}/domains', {params: {path: {id: project.id}}, signal}));
		setSettling(found.domains.some(d => d.state !== 'active'));
		return found;
	}, [project.id], settling ? 10_000 : 60_000);
	const add = <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>Add a domain</Button>;
	return (
		<>
			{(adding || (data && data.domains.length > 0)) && (
				<Card title="Custom domains" actions={!adding && add}>
					<p class="group-lead">The site answers under these names as well{project.url && <>, beside <a href={project.url} target="_blank" rel="noopener noreferrer">{new URL(project.url).host}</a></>}.
						Certificates are ordered and renewed by themselves.</p>
					{adding && <NewDomain project={project.id} onClose={() => setAdding(false)} onAdded={async () => {
						await reload();
						setAdding(false);
						toast('The domain is added. Now set its DNS records.', 'good');
					}} />}
				</Card>
			)}
			{error && <ErrorNote error={error} onRetry={() => void reload()} />}
			{!data && !error && <Card title="Custom domains"><Skeleton height="10rem" /></Card>}
			{data && !data.domains.length && !adding && (
				<Card>
					<Empty icon="external" title="No domains of your own yet" action={add}>
						The site can answer under a name that is yours, like www.example.com, with a certificate that is ordered and renewed by itself.
					</Empty>
				</Card>
			)}
			{data?.domains.map(d => <DomainCard key={d.id} domain={d} project={project} onChange={reload} />)}
		</>
	);
}

function NewDomain({project, onAdded, onClose}: {project: string; onAdded(): Promise<void>; onClose(): void}) {
	const [host, setHost] = useState('');
	useUnsaved(host !== '');
	return (
		<Form submit="Add" busyText="Adding" onCancel={onClose} says={SAYS}
			check={() => ({host: !host.trim() && 'Give the name of the domain.'})}
			onSubmit={async () => {
				// people paste addresses
				const name = host.trim().replace(/^https?:\/\//, '').replace(/\/.*$/, '');
				await ok(api.POST('/api/projects/{id}/domains', {params: {path: {id: project}}, body: {host: name}}));
				await onAdded();
			}}>
			<TextField name="host" label="Domain" value={host} onValue={setHost} autoFocus autoComplete="off" maxLength={253} placeholder="www.example.com"
				hint="Letters beyond ASCII in their xn-- form. Add example.com and www.example.com one by one if both are to answer." />
		</Form>
	);
}

function DomainCard({domain: d, project, onChange}: {domain: Domain; project: Project; onChange(): Promise<void>}) {
	const [mood, text] = STATES[d.state];
	const [dialog, setDialog] = useState<'remove' | 'acme' | null>(null);
	const [own, setOwn] = useState(false);
	const params = {path: {id: project.id, domainId: d.id}};
	const verify = useVerify(d, project.id, onChange);
	const of = <span class="sr-only"> {d.host}</span>;
	const proved = d.state === 'active' || d.state === 'verified';
	return (
		<Card title={d.url ? <a href={d.url} target="_blank" rel="noopener noreferrer">{d.host}<span class="sr-only"> (opens in a new tab)</span></a> : d.host}
			actions={<Badge mood={mood}>{text}</Badge>}>
			<div class="form">
				{d.reason && <Note mood={d.state === 'active' ? 'warn' : 'bad'}>{d.reason}</Note>}
				{d.state === 'failed' && <p>The record was looked for long enough. Set it, then verify again.</p>}
				{proved ? (
					<details class="dns">
						<summary>DNS records</summary>
						<Records domain={d} project={project} />
					</details>
				) : <Records domain={d} project={project} />}
				<p class="hint">
					{d.lastCheckedAt ? <>Looked at <Time at={d.lastCheckedAt} />. </> : 'Not looked at yet. '}
					{d.nextCheckAt && <>Next look <Time at={d.nextCheckAt} />.</>}
				</p>
				<Certificate domain={d} />
				{own && <OwnCertificate project={project.id} domain={d} onClose={() => setOwn(false)} onSet={onChange} />}
				<div class="form-actions">
					<Button icon="refresh" busy={verify.busy} kind={proved ? 'normal' : 'primary'} onClick={verify.run}>{verify.busy ? 'Looking at the DNS' : 'Verify now'}{of}</Button>
					{!own && <Button icon="lock" onClick={() => setOwn(true)}>{d.certificateSource === 'own' ? 'Replace the certificate' : 'Use a certificate of my own'}{of}</Button>}
					{d.certificateSource === 'own' && <Button onClick={() => setDialog('acme')}>Order certificates again{of}</Button>}
					<Button kind="danger" icon="trash" onClick={() => setDialog('remove')}>Remove{of}</Button>
				</div>
			</div>
			{dialog === 'remove' && (
				<Confirm title={`Remove ${d.host}?`} action="Remove" onClose={() => setDialog(null)} onConfirm={async () => {
					await gone(api.DELETE('/api/projects/{id}/domains/{domainId}', {params}));
					toast(`${d.host} is removed.`, 'good');
					await onChange();
				}}>
					<p>The site does not answer under this name any more, and its certificate is deleted.</p>
				</Confirm>
			)}
			{dialog === 'acme' && (
				<Confirm title="Order certificates again?" action="Order them" kind="primary" onClose={() => setDialog(null)} onConfirm={async () => {
					await ok(api.DELETE('/api/projects/{id}/domains/{domainId}/certificate', {params}));
					toast('A certificate is going to be ordered.', 'good');
					await onChange();
				}}>
					<p>Your own is served until the first one is there. From then on they are renewed by themselves.</p>
				</Confirm>
			)}
		</Card>
	);
}

// The answer to a verification is the state before it: the worker looks, and
// lastCheckedAt tells when it has.
function useVerify(d: Domain, project: string, onChange: () => Promise<void>): {busy: boolean; run(): void} {
	const [since, setSince] = useState<{checked: string | null; until: number} | null>(null);
	const begin = useAction(async () => {
		await ok(api.POST('/api/projects/{id}/domains/{domainId}/verify', {params: {path: {id: project, domainId: d.id}}}));
		setSince({checked: d.lastCheckedAt, until: Date.now() + 30_000});
	});
	useEffect(() => {
		if (!since)
			return;
		if (d.lastCheckedAt !== since.checked) {
			setSince(null);
			toast(d.reason ?? `${d.host}: the record is there.`, d.reason ? 'plain' : 'good');
			return;
		}
		const timer = setInterval(() => {
			if (Date.now() < since.until) {
				void onChange();
				return;
			}
			setSince(null);
			toast('The name servers have not answered yet. The state appears here when they have.');
		}, 2000);
		return () => clearInterval(timer);
	}, [since, d.lastCheckedAt]);
	return {busy: begin.busy || since !== null, run: begin.run};
}

function Records({domain: d, project}: {domain: Domain; project: Project}) {
	const site = project.url ? new URL(project.url).hostname : null;
	return (
		<div class="records">
			<p>Set these two records where the DNS of the domain is managed. It can take some minutes until the world sees them.</p>
			<h3>1. It is yours</h3>
			<dl class="facts">
				<dt>Type</dt><dd><code>TXT</code></dd>
				<Copyable label="Name" of={`the TXT name of ${d.host}`} value={d.proofName} />
				<Copyable label="Value" of={`the TXT value of ${d.host}`} value={d.proofValue} />
			</dl>
			<p class="hint">It has to stay as long as the domain is used.</p>
			<h3>2. It leads here</h3>
			{site ? (
				<dl class="facts">
					<dt>Type</dt><dd><code>CNAME</code></dd>
					<Copyable label="Name" of={`the CNAME name of ${d.host}`} value={d.host} />
					<Copyable label="Value" of={`the CNAME value of ${d.host}`} value={site} />
				</dl>
			) : <p class="muted">The site’s own address is known after its first deployment.</p>}
			<p class="hint">The bare domain, like example.com, mostly cannot be a CNAME: give it an A (and AAAA) record with the address of this server instead.</p>
		</div>
	);
}

function Certificate({domain: d}: {domain: Domain}) {
	return (
		<dl class="facts">
			<dt>Certificate</dt>
			<dd>
				{d.certificateSource === 'own' ? 'Your own' : d.certificateSource === 'acme' ? 'Ordered here, renewed by itself' : 'None yet'}
				{d.certificateExpiresAt && <> · ends <Time at={d.certificateExpiresAt} date /> (<Time at={d.certificateExpiresAt} />)</>}
			</dd>
			{d.certificateNextTryAt && <><dt>Next order</dt><dd><Time at={d.certificateNextTryAt} /></dd></>}
			{d.certificateError && <><dt>Last order</dt><dd class="bad-text">{d.certificateError}</dd></>}
		</dl>
	);
}

function OwnCertificate({project, domain, onSet, onClose}: {project: string; domain: Domain; onSet(): Promise<void>; onClose(): void}) {
	const [certificate, setCertificate] = useState('');
	const [privateKey, setPrivateKey] = useState('');
	useUnsaved(certificate !== '' || privateKey !== '');
	return (
		<div class="inset">
			<Form submit="Use this certificate" busyText="Checking it" onCancel={onClose}
				check={() => ({certificate: !certificate.trim() && 'Paste the certificate.', privateKey: !privateKey.trim() && 'Paste its private key.'})}
				onSubmit={async () => {
					await ok(api.PUT('/api/projects/{id}/domains/{domainId}/certificate', {params: {path: {id: project, domainId: domain.id}}, body: {certificate, privateKey}}));
					await onSet();
					toast('The certificate is set. It has to be renewed by you.', 'good');
					onClose();
				}}>
				<TextField name="certificate" label="Certificate and its chain" mono rows={5} value={certificate} onValue={setCertificate} autoFocus
					autoComplete="off" maxLength={65536} placeholder="-----BEGIN CERTIFICATE-----" hint={`In PEM, that of ${domain.host} first. No other is ordered for this name then.`} />
				<TextField name="privateKey" label="Private key" mono rows={5} value={privateKey} onValue={setPrivateKey} autoComplete="off" maxLength={65536}
					placeholder="-----BEGIN PRIVATE KEY-----" hint="In PEM, without a password. It is stored encrypted and never comes back." />
			</Form>
		</div>
	);
}
