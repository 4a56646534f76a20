using Nonet.Inference.Constraints;

namespace Nonet.Tests.Inference.Constraints;

public class GbnfConstraintTests
{
    const string Arithmetic = """
        # sums of products
        root  ::= sum
        sum   ::= term ("+" term | "-" term)*   # left to right
        term  ::= factor ( "*" factor
                         | "/" factor )*
        factor ::= [0-9]+ | "(" sum ")"
        """;

    const string Json = """
        root   ::= object
        value  ::= object | array | string | number | ("true" | "false" | "null") ws
        object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
        array  ::= "[" ws ( value ("," ws value)* )? "]" ws
        string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
        number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
        ws ::= | " " | "\n" [ \t]{0,20}
        """;

    static ITokenConstraint Of(string grammar) => StructuredText.Grammar(grammar, ConstrainedText.Bytes);

    [Theory]
    [InlineData("1+2*(3-40)/5", true)]
    [InlineData("((((7))))", true)]
    [InlineData("1+", false)]
    [InlineData("(1", false)]
    [InlineData("", false)]
    public void Rules_may_use_themselves(string text, bool accepted) => Assert.Equal(accepted, Of(Arithmetic).Accepts(text));

    [Theory]
    [InlineData("""{"a": [1, -2.5e3, {"b": null}], "c": "x\né\u00e9"}""", true)]
    [InlineData("""{"a": [1, 2}""", false)]
    [InlineData("""{"a": 01}""", false)]
    public void Llama_cpps_json_grammar(string text, bool accepted) => Assert.Equal(accepted, Of(Json).Accepts(text));

    [Theory]
    [InlineData("""root ::= "a"{2} "b"{1,} "c"{0,2} "d"{,1}""", "aabbcc", "abcc")]
    [InlineData("root ::= [a-zé\\u4e00-\\u9fff]+ .", "é中🎉", "A.")]
    [InlineData("root ::= \"\\u00e9\\x41\\t\\\"\" | [\\[\\]]", "éA\t\"", "é")]
    [InlineData("root ::= a-b |\n  c\na-b ::= \"x\"\nc ::= \"y\"", "y", "z")]
    [InlineData("root ::= (\"a\" | )  \"b\"?", "", "ba")]
    [InlineData("root ::= \"a\" root | \"b\"", "aaab", "aaa")]
    public void Forms(string grammar, string accepted, string rejected)
    {
        Assert.True(Of(grammar).Accepts(accepted));
        Assert.False(Of(grammar).Accepts(rejected));
    }

    [Theory]
    [InlineData("root ::= sum\nsum ::= sum \"+\" [0-9] | [0-9]", "rule sum is left-recursive")]
    [InlineData("root ::= a \"x\"\na ::= b?  root", "is left-recursive")]
    [InlineData("root ::= <think> [a-z]", "names a token at line 1")]
    public void What_cannot_be_enforced_is_refused_by_name(string grammar, string what) =>
        Assert.Contains(what, Assert.Throws<NotSupportedException>(() => Of(grammar.Replace("b?  root", "\"b\"? root", StringComparison.Ordinal))).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("", "no rule root")]
    [InlineData("root ::= b", "line 1: rule b is used but not defined")]
    [InlineData("root ::= \"a\nb ::= \"c\"", "line 1: found the end of the line; expected the '\"'")]
    [InlineData("root ::= [a", "the ']'")]
    [InlineData("root ::= (\"a\"", "')'")]
    [InlineData("root = \"a\"", "::=")]
    [InlineData("root ::= \"a\"\nroot ::= \"b\"", "a second rule root")]
    [InlineData("root ::= \"a\"{2,1}", "numbers in order")]
    [InlineData("root ::= \"x\" root", "matches no text")]
    public void Malformed_grammars_are_named(string grammar, string what) =>
        Assert.Contains(what, Assert.Throws<InvalidDataException>(() => Of(grammar)).Message, StringComparison.Ordinal);

    [Fact]
    public void Rules_that_double_fill_neither_memory_nor_time()
    {
        var doubling = string.Concat(Enumerable.Range(0, 40).Select(i => $"r{i} ::= r{i + 1} r{i + 1}\n")) + "root ::= r0\n";
        Assert.False(Of(doubling + "r40 ::= \"ab\"").Accepts("abab")); // 2^40 of them are needed
        Assert.Contains("too ambiguous", Assert.Throws<InvalidDataException>(() => Of(doubling + "r40 ::= \"ab\"?")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_groups_are_refused() =>
        Assert.Contains("groups in groups", Assert.Throws<InvalidDataException>(() => Of("root ::= " + new string('(', 100_000))).Message,
            StringComparison.Ordinal);
}
