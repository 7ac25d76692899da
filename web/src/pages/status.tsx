export default function Page() {
	return <div class="page"><h1 tabIndex={-1}>status</h1></div>;
}
