using System.Text.RegularExpressions;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Tests.Yaml;

/// <summary>docs/recipes.md and the comments in recipes/ say what the records say.</summary>
public partial class RecipeReferenceTests
{
    /// <summary>Set it to 1 to write the tables anew, after an option has changed.</summary>
    const string Variable = "NONET_WRITE_DOCS", Begin = "<!-- tables: made from the records by RecipeReferenceTests, with NONET_WRITE_DOCS=1 -->\n";

    [Fact]
    public void The_reference_in_docs_is_made_from_the_records()
    {
        var path = Path.Combine(RecipeFilesTests.Repository, "docs", "recipes.md");
        var text = File.ReadAllText(path);
        var begin = text.IndexOf(Begin, StringComparison.Ordinal);
        Assert.True(begin >= 0, $"{path}: found no line {Begin}");
        var expected = text[..(begin + Begin.Length)] + RecipeReference.Markdown();
        if (Environment.GetEnvironmentVariable(Variable) == "1")
            File.WriteAllText(path, expected);
        else
            Assert.True(text == expected, $"{path} is not what the options say; run this test with {Variable}=1 to write its tables anew");
    }

    [Fact]
    public void Every_row_of_a_table_is_one_line_with_four_cells() =>
        Assert.All(RecipeReference.Markdown().Split('\n').Where(line => line.Length > 0 && !line.StartsWith('#')),
            line => Assert.Equal(5, Regex.Count(line, @"(?<!\\)\|")));

    /// <summary>A comment that lists the values of a key names each of them.</summary>
    [Theory]
    [InlineData("schedule", typeof(ScheduleKind)), InlineData("on_divergence", typeof(OnDivergence))]
    public void A_commented_recipe_names_every_choice(string key, Type choices)
    {
        var names = RecipeKeys.Choices(choices, new Files.OptionAttribute(""));
        var lines = Directory.GetFiles(Path.Combine(RecipeFilesTests.Repository, "recipes"), "*.yaml")
            .SelectMany(file => File.ReadLines(file).Select(line => (file, line)))
            .Where(l => l.line.TrimStart().StartsWith($"{key}:", StringComparison.Ordinal) && names.Count(name => Regex.IsMatch(l.line, $@"#.*\b{name}\b")) > 1)
            .ToArray();
        Assert.NotEmpty(lines);
        Assert.All(lines, l => Assert.All(names, name => Assert.True(Regex.IsMatch(l.line, $@"\b{name}\b"), $"{l.file}: {l.line}: {name} is missing")));
    }

    /// <summary>"`decay`" in a comment, or "batch x accumulate", is a key.</summary>
    [Fact]
    public void A_comment_names_keys_that_there_are()
    {
        var known = new HashSet<string>(KeyNames().Matches(RecipeReference.Markdown()).Select(m => m.Groups[1].Value));
        foreach (var file in Directory.GetFiles(Path.Combine(RecipeFilesTests.Repository, "recipes"), "*.yaml"))
        {
            foreach (Match quoted in Quoted()
                .Matches(string.Join('\n',
                File.ReadLines(file).Where(l => l.Contains('#', StringComparison.Ordinal)).Select(l => l[l.IndexOf('#', StringComparison.Ordinal)..]))))
                Assert.True(known.Contains(quoted.Groups[1].Value), $"{file}: a comment names {quoted.Value}, which is no key");
        }
    }

    [GeneratedRegex(@"^\| `([a-z0-9_]+)` \|", RegexOptions.Multiline)]
    private static partial Regex KeyNames();

    [GeneratedRegex("`([^`:]+)[^`]*`")]
    private static partial Regex Quoted();
}
