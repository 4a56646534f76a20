using System.Text.RegularExpressions;
using Nonet.Inference.Constraints;

namespace Nonet.Tests.Inference.Constraints;

public class RegexConstraintTests
{
    [Theory]
    [InlineData("a|bc*")]
    [InlineData("(ab|a)(bc|c)?")]
    [InlineData("[a-c]{2,3}b?")]
    [InlineData("^a+$|^(b|c){0,2}$")]
    [InlineData("(a|b)*c{2}")]
    [InlineData("(?:a*?b)+")]
    [InlineData("(?<x>a?)*b")]
    [InlineData("[^a]*")]
    [InlineData("\\w[bc-]|a{0,}$")]
    [InlineData("(a{2}){2}|(b?){3}c")]
    [InlineData("a{,2}|b{x}")] // braces that are no quantifiers stand for themselves
    [InlineData("()|a(|b)")]
    public void A_text_is_accepted_if_the_expression_matches_all_of_it(string pattern)
    {
        var constraint = StructuredText.Regex(pattern, ConstrainedText.Bytes);
        var whole = new Regex($"^(?:{pattern})$(?!\\n)", RegexOptions.None);
        foreach (var text in Texts("abc-{}x,2", 2).Concat(Texts("abc", 6)))
            Assert.True(whole.IsMatch(text) == constraint.Accepts(text), $"'{text}' and {pattern}");
    }

    static IEnumerable<string> Texts(string alphabet, int longest) =>
        longest == 0 ? [""] : Texts(alphabet, longest - 1).SelectMany(t => t.Length == longest - 1 ? alphabet.Select(c => t + c).Prepend(t) : [t]);

    [Theory]
    [InlineData("\\d{4}-\\d\\d", "2024-05", "2024-5")]
    [InlineData("\\u00e9\\x41\\t\\.", "éA\t.", "eA\t.")]
    [InlineData("[é-ü]+", "éêü", "é\u00ff")]
    [InlineData(".{2}", "日🎉", "日\n")]
    [InlineData("[^\\n]", "🎉", "\n")]
    [InlineData("\\p{Lu}\\P{L}", "É1", "é1")]
    [InlineData("[\\d.]+", "1.5", "1,5")]
    [InlineData("\\s\\S", "\u00a0x", "xx")]
    public void Characters_and_classes(string pattern, string accepted, string rejected)
    {
        var constraint = StructuredText.Regex(pattern, ConstrainedText.Bytes);
        Assert.True(constraint.Accepts(accepted));
        Assert.False(constraint.Accepts(rejected));
    }

    [Theory]
    [InlineData("(a)\\1", "the back-reference \\1")]
    [InlineData("(?=a)b", "look-ahead")]
    [InlineData("a(?!b)", "negative look-ahead")]
    [InlineData("(?<=a)b", "look-behind")]
    [InlineData("\\bword", "the word border \\b")]
    [InlineData("(?i)a", "the group (?i")]
    [InlineData("a++", "a possessive quantifier")]
    [InlineData("\\p{Greek}", "the property Greek")]
    [InlineData("\\q", "the escape \\q")]
    public void What_no_mask_can_follow_is_refused_by_name(string pattern, string what) =>
        Assert.Contains(what, Assert.Throws<NotSupportedException>(() => StructuredText.Regex(pattern, ConstrainedText.Bytes)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("(a", "a '(' without its ')'")]
    [InlineData("a)", "a ')' without its '('")]
    [InlineData("[a", "a '[' without its ']'")]
    [InlineData("*a", "'*' after nothing")]
    [InlineData("[b-a]", "out of order")]
    [InlineData("a{3,2}", "out of order")]
    [InlineData("\\x4", "2 hexadecimal digits")]
    public void Malformed_expressions_are_named(string pattern, string what) =>
        Assert.Contains(what, Assert.Throws<InvalidDataException>(() => StructuredText.Regex(pattern, ConstrainedText.Bytes)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Deep_and_long_expressions_are_refused()
    {
        Assert.Contains("groups in groups",
            Assert.Throws<InvalidDataException>(() => StructuredText.Regex(new string('(', 4000), ConstrainedText.Bytes)).Message, StringComparison.Ordinal);
        Assert.Contains("100000 characters",
            Assert.Throws<InvalidDataException>(() => StructuredText.Regex(new string('a', 100_000), ConstrainedText.Bytes)).Message, StringComparison.Ordinal);
        Assert.True(StructuredText.Regex(string.Concat(Enumerable.Repeat("a?", 2000)), ConstrainedText.Bytes).Accepts("aaaa"));
    }

    [Fact]
    public void An_expression_that_matches_nothing_is_refused() =>
        Assert.Contains("matches no text", Assert.Throws<InvalidDataException>(() => StructuredText.Regex("a^b", ConstrainedText.Bytes)).Message,
            StringComparison.Ordinal);
}
