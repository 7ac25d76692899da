// Pages are Markdown in src/, the finished site goes to _site/.
module.exports = function (config) {
	config.addPassthroughCopy("src/assets");
	return {
		dir: { input: "src", output: "_site" },
		markdownTemplateEngine: "njk",
	};
};
