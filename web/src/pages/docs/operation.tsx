// operation.tsx - one operation: its head is always there, the rest when it is
// opened. Its address is #operationId.
import {CopyButton} from '../../ui/button';
import {Icon} from '../../ui/icon';
import {curl, limitsOf, typeOf, WHO, type Operation, type Parameter, type Schema} from './model';

export function OperationView({operation: o, open, onToggle}: {operation: Operation; open: boolean; onToggle(open: boolean): void}) {
	return (
		<details class="operation" id={o.operationId} open={open} onToggle={e => onToggle(e.currentTarget.open)}>
			<summary>
				<h3>
					<span class={`method ${o.method.toLowerCase()}`}>{o.method}</span>
					<span class="path">{o.path}</span>
				</h3>
				<span class="summary">{o.summary}</span>
			</summary>
			{open && <Body operation={o} />}
		</details>
	);
}

function Body({operation: o}: {operation: Operation}) {
	const command = curl(o, location.origin);
	const body = Object.entries(o.requestBody?.content ?? {});
	return (
		<div class="operation-body">
			<dl class="facts">
				<dt>Name</dt>
				<dd><code>{o.operationId}</code> <a href={`#${o.operationId}`} aria-label={`Address of ${o.operationId}`}>#</a></dd>
				<dt>For</dt>
				<dd>{WHO[o['x-who']] ?? o['x-who']}{!!o.security?.length && <span class="muted"> · by {o.security.map(s => Object.keys(s).join(' and ')).join(', or ')}</span>}</dd>
				{o.aliases.length > 0 && <><dt>Also at</dt><dd>{o.aliases.map((a, i) => <>{i > 0 && ', '}<code key={a}>{a}</code></>)}</dd></>}
			</dl>
			<Parameters title="In the path" list={o.parameters?.filter(p => p.in === 'path')} />
			<Parameters title="In the query" list={o.parameters?.filter(p => p.in === 'query')} />
			<Parameters title="In the header" list={o.parameters?.filter(p => p.in === 'header')} />
			{body.map(([type, {schema}]) => (
				<section key={type}>
					<h4>Body <span class="muted">{type}{o.requestBody?.required ? '' : ', may be left out'}</span></h4>
					{schema?.properties ? <Fields schema={schema} /> : <p class="muted">The file itself.</p>}
				</section>
			))}
			<section>
				<h4>Example</h4>
				<div class="sample">
					<pre tabIndex={0} role="region" aria-label={`Example of ${o.operationId}`}><code>{command}</code></pre>
					<CopyButton text={command} label="Copy" />
				</div>
			</section>
			<section>
				<h4>Answers</h4>
				<Answers operation={o} />
			</section>
		</div>
	);
}

function Parameters({title, list}: {title: string; list: Parameter[] | undefined}) {
	return list?.length
		? (
			<section>
				<h4>{title}</h4>
				<ul class="fields">{list.map(p => <FieldView key={p.name} name={p.name} schema={{...p.schema, description: p.description}} required={p.required} />)}</ul>
			</section>
		)
		: null;
}

function Fields({schema, answer}: {schema: Schema; answer?: boolean}) {
	return (
		<ul class="fields">
			{Object.entries(schema.properties ?? {}).map(([name, s]) =>
				<FieldView key={name} name={name} schema={s} required={!answer && schema.required?.includes(name)} answer={answer} />)}
		</ul>
	);
}

function FieldView({name, schema, required, answer}: {name: string; schema: Schema; required?: boolean; answer?: boolean}) {
	const inner = schema.properties ? schema : schema.items?.properties ? schema.items : null;
	const limits = limitsOf(schema);
	return (
		<li>
			<p><code>{name}</code> <span class="type">{typeOf(schema)}</span>{required && <span class="required">required</span>}</p>
			{(schema.description || limits) && <p class="muted">{schema.description}{limits && ` (${limits})`}</p>}
			{inner && <Fields schema={inner} answer={answer} />}
		</li>
	);
}

function Answers({operation: o}: {operation: Operation}) {
	const codes = Object.entries(o.responses);
	const good = codes.filter(([code]) => code < '400');
	const bad = codes.filter(([code]) => code >= '400');
	return (
		<>
			{good.map(([code, {description, content}]) => (
				<div key={code} class="answer">
					<p><span class="code good">{code}</span> {Object.keys(content ?? {}).join(' or ') || (description === o.summary ? '' : description)}</p>
					{content?.['application/json']?.schema?.properties && <Fields schema={content['application/json'].schema} answer />}
				</div>
			))}
			<details class="errors">
				<summary><Icon name="alert" size={16} /> Refusals: {bad.map(([code]) => code).join(', ')}</summary>
				<ul class="fields">{bad.map(([code, {description}]) => <li key={code}><p><span class="code bad">{code}</span> {description}</p></li>)}</ul>
			</details>
		</>
	);
}
