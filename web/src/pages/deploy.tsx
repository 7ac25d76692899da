export default function Page() {
	return <div class="page"><h1 tabIndex={-1}>deploy</h1></div>;
}
