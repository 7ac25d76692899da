export default function Page() {
	return <div class="page"><h1 tabIndex={-1}>oauth</h1></div>;
}
