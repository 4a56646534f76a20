using Nonet.Evaluation.Metrics;

namespace Nonet.Tests.Evaluation.Metrics;

public class EntityF1Tests
{
    [Theory]
    [InlineData("O B-PER I-PER O B-LOC", "PER 1-3, LOC 4-5")]
    [InlineData("I-PER I-PER O I-LOC", "PER 0-2, LOC 3-4")] // IOB1
    [InlineData("I-PER B-PER I-PER", "PER 0-1, PER 1-3")] // IOB1: B parts two neighbours
    [InlineData("B-PER I-LOC I-LOC", "PER 0-1, LOC 1-3")] // I of another type begins one
    [InlineData("S-PER S-PER B-LOC I-LOC E-LOC O", "PER 0-1, PER 1-2, LOC 2-5")] // BIOES
    [InlineData("U-PER B-LOC L-LOC I-LOC", "PER 0-1, LOC 1-3, LOC 3-4")] // BILOU; I after an end begins one
    [InlineData("E-PER E-PER", "PER 0-1, PER 1-2")]
    [InlineData("B I O I", " 0-2,  3-4")]
    [InlineData("O O", "")]
    public void Tags_spell_entities(string tags, string expected) =>
        Assert.Equal(expected, string.Join(", ", EntityChunk.Of(tags.Split(' ')).Select(c => $"{c.Type} {c.Start}-{c.End}")));

    /// <summary>The example of seqeval's README: F1 0.50, MISC 0, PER 1.</summary>
    [Fact]
    public void An_entity_counts_where_both_ends_agree()
    {
        string[][] gold = [["O", "O", "O", "B-MISC", "I-MISC", "I-MISC", "O"], ["B-PER", "I-PER", "O"]];
        string[][] predicted = [["O", "O", "B-MISC", "I-MISC", "I-MISC", "I-MISC", "O"], ["B-PER", "I-PER", "O"]];
        var (all, types) = EntityF1.Of(predicted, gold);
        Assert.Equal((0.5, 0.5, 0.5), (all.Precision, all.Recall, all.F1));
        Assert.Equal(["MISC", "PER"], types.Keys);
        Assert.Equal((0, 1), (types["MISC"].F1, types["PER"].F1));
    }

    [Fact]
    public void Nothing_found_is_no_error()
    {
        var (all, types) = EntityF1.Of([["O", "O"]], [["B-A", "O"]]);
        Assert.Equal((0, 0, 0, 1), (all.Precision, all.Recall, all.F1, types.Count));
        Assert.Equal(0, EntityF1.Of([["O"]], [["O"]]).All.F1);
        Assert.Equal(2.0 * 1 / 3, EntityF1.Of([["S-A", "S-B"]], [["S-A", "O"]]).All.F1, 12); // precision 1/2, recall 1
    }

    [Fact]
    public void What_is_no_tag_is_named()
    {
        Assert.Contains("tag 1 is 'PER'", Assert.Throws<ArgumentException>(() => EntityChunk.Of(["O", "PER"])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => EntityChunk.Of([""]));
        Assert.Contains("sentence 0: 1 predicted tags for 2 words", Assert.Throws<ArgumentException>(() => EntityF1.Of([["O"]], [["O", "O"]])).Message,
            StringComparison.Ordinal);
    }
}
