using System.Text;
using Nonet.Inference.Constraints;
using Nonet.Inference.Constraints.Vocabulary;
using Nonet.Text;

namespace Nonet.Tests.Inference.Constraints;

public class MaskTests
{
    /// <summary>Pieces of JSON and of other texts, of halves of characters, some twice, some empty.</summary>
    static TokenVocabulary RandomVocabulary(Random random)
    {
        var text = Encoding.UTF8.GetBytes("""{"name": "é日🎉 abc\n\u00e9", "n": [-1.5e3, true, null], "xyz123": {}} plain words and_some-more text""");
        var tokens = Enumerable.Range(0, 256).Select(b => new[] { (byte)b }).ToList();
        for (var i = 0; i < 600; i++)
            tokens.Add(text.AsSpan(random.Next(text.Length - 12), random.Next(12)).ToArray());
        return new TokenVocabulary(tokens);
    }

    /// <summary>The mask, which uses slices and the trie, against trying each token by itself; along random texts.</summary>
    [Theory]
    [InlineData("""{"type":"object","properties":{"name":{"type":"string","maxLength":9},"n":{"type":"array","items":{"type":["number","boolean","null"]}}},"additionalProperties":{"type":"object"}}""")]
    [InlineData("""{"type":"array","items":{"type":"string","pattern":"^[a-zé]+( [a-z]+){0,3}$","maxLength":20}}""")]
    [InlineData("""{"type":"array","items":{"type":"string","minLength":3,"maxLength":300,"not":{"enum":["abc","plain"]}}}""")]
    [InlineData("""{"enum":["abc","abd","a日","words and_some",[1,2.5,null]]}""")]
    [InlineData("{}")]
    public void A_mask_holds_exactly_the_tokens_that_can_go_on(string schema)
    {
        var random = new Random(7);
        var vocabulary = RandomVocabulary(random);
        var (bytes, pieces) = (StructuredText.JsonSchema(schema, ConstrainedText.Bytes), StructuredText.JsonSchema(schema, vocabulary));
        var (mask, one) = (new TokenMask(vocabulary.Vocab), new TokenMask(256));
        for (var text = 0; text < 12; text++)
        {
            var (byBytes, byPieces) = (bytes.Fork(), pieces.Fork());
            for (var step = 0; step < 25 && !byPieces.MustEnd; step++)
            {
                byPieces.Fill(mask);
                for (var id = 0; id < vocabulary.Vocab; id++)
                    Assert.True(mask.Contains(id) == CanGoOn(byBytes, vocabulary.BytesOf(id), one),
                        $"token {id}, '{Encoding.Latin1.GetString(vocabulary.BytesOf(id))}'");
                Assert.Equal(byBytes.MayEnd, byPieces.MayEnd);
                var allowed = Enumerable.Range(0, vocabulary.Vocab).Where(mask.Contains).ToArray();
                if (allowed.Length == 0)
                    break;
                var next = allowed[random.Next(allowed.Length)];
                byPieces.Accept(next);
                foreach (var b in vocabulary.BytesOf(next))
                    byBytes.Accept(b);
            }
        }
    }

    static bool CanGoOn(ITokenConstraint from, ReadOnlySpan<byte> bytes, TokenMask mask)
    {
        if (bytes.IsEmpty)
            return false;
        var state = from.Fork();
        foreach (var b in bytes)
        {
            state.Fill(mask);
            if (!mask.Contains(b))
                return false;
            state.Accept(b);
        }
        return true;
    }

    /// <summary>Whatever a mask allows can be brought to an end: no text gets stuck.</summary>
    [Theory]
    [InlineData("""{"type":"integer","minimum":123,"maximum":4567,"multipleOf":89}""")]
    [InlineData("""{"type":"string","pattern":"^(ab|ba)*c$","minLength":6,"maxLength":8}""")]
    [InlineData("""{"type":"string","pattern":"foo","not":{"const":"foo"},"maxLength":4}""")]
    [InlineData("""{"type":"object","properties":{"t":{"enum":["abc","abd"]}},"required":["t"],"additionalProperties":false}""")]
    public void No_text_gets_stuck(string schema)
    {
        var (constraint, mask, random) = (ConstrainedText.Schema(schema), new TokenMask(256), new Random(1));
        for (var round = 0; round < 60; round++)
        {
            var state = constraint.Fork();
            for (var step = 0; step < 60 && !(state.MayEnd && random.Next(3) == 0); step++)
            {
                state.Fill(mask);
                var allowed = Enumerable.Range(0, 256).Where(mask.Contains).Where(b => b is not (' ' or '\n' or '\t' or '\r')).ToArray();
                Assert.True(allowed.Length > 0 || state.MayEnd);
                if (allowed.Length == 0)
                    break;
                state.Accept(allowed[random.Next(allowed.Length)]);
            }
        }
    }

    [Fact]
    public void Special_tokens_match_no_text()
    {
        var vocabulary = TokenVocabulary.Of(new ByteTokenizer());
        Assert.Same(vocabulary, TokenVocabulary.Of(new ByteTokenizer()) is var other && other.Vocab == vocabulary.Vocab ? vocabulary : other);
        var constraint = StructuredText.Regex("(.|\\n)*", vocabulary);
        var mask = new TokenMask(vocabulary.Vocab);
        constraint.Fill(mask);
        Assert.False(mask.Contains(new ByteTokenizer().EndOfText));
        Assert.True(mask.Contains('x'));
        Assert.True(constraint.MayEnd);
    }

    [Fact]
    public void A_fork_goes_on_by_itself()
    {
        var first = StructuredText.Regex("ab|ac", ConstrainedText.Bytes).Fork();
        first.Accept('a');
        var second = first.Fork();
        first.Accept('b');
        second.Accept('c');
        Assert.True(first.MustEnd && second.MustEnd);
    }

    [Fact]
    public void Texts_of_one_constraint_may_be_written_at_once()
    {
        var constraint = ConstrainedText.Schema("""{"type":"array","items":{"type":"string","maxLength":20}}""");
        Parallel.For(0, 8, i =>
            Assert.True(constraint.Accepts("[" + string.Join(',', Enumerable.Range(0, 50).Select(n => $"\"{new string((char)('a' + i), n % 20)}\"")) + "]")));
    }

    [Fact]
    public void Ids_and_words_of_a_mask()
    {
        var mask = new TokenMask(130);
        mask.AllowAll();
        Assert.Equal(130, mask.Count);
        Assert.True(mask.Contains(129));
        Assert.False(mask.Contains(130));
        Assert.False(mask.Contains(-1));
        mask.Clear();
        mask.Allow(64);
        Assert.Equal((1, true), (mask.Count, mask.Contains(64)));
        Assert.Throws<ArgumentOutOfRangeException>(() => mask.Allow(130));
    }
}
