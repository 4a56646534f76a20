using System.Text.RegularExpressions;
using CsCheck;
using Nonet.Text.Splits;
using static Nonet.Tests.Text.Bpe.BpeTrainerTests;

namespace Nonet.Tests.Text.Splits;

public class WordSplitTests
{
    /// <summary>Of the basic plane, where .NET's Regex reads characters as the original does.</summary>
    static readonly Gen<string> texts = Gen.Char[" \t\n\r'streveml SLdABz09½Ⅷéß中ا़ǅʰﬁ/\u00A0\u2003\u0085!?-_"].Array[0, 30].Select(c => new string(c));

    public static TheoryData<string> Patterns => [Gpt2Split.Pattern, Cl100kSplit.Pattern, Cl100kSplit.Qwen2Pattern, O200kSplit.Pattern];

    [Theory, MemberData(nameof(Patterns))]
    public void A_scanner_cuts_as_its_regular_expression(string pattern)
    {
        var (regex, split) = (new Regex(pattern, RegexOptions.CultureInvariant), WordSplit.Known(pattern)!);
        texts.Sample(text => Assert.Equal(regex.Matches(text).Select(m => m.Value), Words(split, text)), iter: 20_000, threads: 1);
    }

    [Fact]
    public void A_letter_beyond_the_basic_plane_is_a_letter()
    {
        Assert.Equal(["中𠀀a", " 𝟙2", "!"], Words(new Gpt2Split(), "中𠀀a 𝟙2!"));
        Assert.Equal(["中𠀀a", " ", "𝟙23", "4", "!"], Words(new Cl100kSplit(), "中𠀀a 𝟙234!"));
        Assert.Equal(["😀𠀀"], Words(new Cl100kSplit(), "😀𠀀")); // any one sign goes with the word
    }

    [Theory]
    [InlineData("HTTPServer isn'T", "HTTPServer", " isn'T")]
    [InlineData("aB\u0301C", "a", "B\u0301", "C")] // a mark may be a small letter
    [InlineData("\u0301AB", "\u0301", "AB")]
    [InlineData("!\u0301A/\n/ ", "!\u0301", "A", "/\n/", " ")]
    public void A_mark_may_end_a_word(string text, params string[] words) => Assert.Equal(words, Words(new O200kSplit(), text));

    [Fact]
    public void Without_a_pattern_a_text_is_one_word() => Assert.Equal(["a b c"], Words(new WordSplit.None(), "a b c"));

    [Fact]
    public void A_part_begins_with_the_white_space_before_it() =>
        Assert.Equal(["a", " \n b\u0085c", "\tc", " "], Words(new WordSplit.BeforeSpaces(), "a \n b\u0085c\tc "));

    [Fact]
    public void Words_begin_with_the_first_of_their_metaspaces() => Assert.Equal(["a", "▁▁b", "▁c", "▁"], Words(new WordSplit.BeforeMetaspace(), "a▁▁b▁c▁"));
}
