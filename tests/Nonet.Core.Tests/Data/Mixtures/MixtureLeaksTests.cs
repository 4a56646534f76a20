using System.Text.Json;
using Nonet.Data.Mixtures;

namespace Nonet.Tests.Data.Mixtures;

/// <summary>What held-out tasks share with training tasks is found; what they do not share is not.</summary>
public class MixtureLeaksTests
{
    const string Words = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen";

    static InstructionMixture Mixture(MixtureTask training, MixtureTask held, double inverted = 0) =>
        new(Rows.Options(Rows.Sub("a") with { Inverted = inverted }) with { HeldOut = ["held"] }, [[training, held with { Cluster = "held" }]]);

    [Fact]
    public void A_data_set_in_both_is_a_leak()
    {
        var leak = Assert.Single(MixtureLeaks.Of(Mixture(Rows.Task("t", 3, dataset: "squad"), Rows.Task("h", 4, dataset: "squad"))));
        Assert.Equal(("h", "t", LeakKind.SameDataset, 4, "squad"), (leak.HeldOut, leak.Training, leak.Kind, leak.Rows, leak.Shared));
        Assert.Empty(MixtureLeaks.Of(Mixture(Rows.Task("t", 3), Rows.Task("h", 4))));
    }

    [Fact]
    public void Rows_in_both_are_a_leak_whichever_way_round_they_are()
    {
        var (training, held) = (Rows.Task("t", 0) with { Rows = [Rows.Row("What is it?", "a cat"), Rows.Row("b", "c")] }, Rows.Task("h", 0));
        Assert.Equal([(LeakKind.SameRows, 1, 2)],
            MixtureLeaks.Of(Mixture(training, held with { Rows = [Rows.Row("what  is it?", "A cat"), Rows.Row("x", "y")] }))
            .Select(l => (l.Kind, l.Rows, l.Of)));
        Assert.Equal([(LeakKind.InvertedRows, 1, 1)],
            MixtureLeaks.Of(Mixture(training, held with { Rows = [Rows.Row("a cat", "What is it?")] })).Select(l => (l.Kind, l.Rows, l.Of)));
        Assert.Equal([LeakKind.InvertedRows], MixtureLeaks.Of(Mixture(training, held with { Rows = [Rows.Row("b", "c")] }, inverted: 0.3)).Select(l => l.Kind));
    }

    [Fact]
    public void Thirteen_words_in_a_row_are_a_leak_and_twelve_are_none()
    {
        var training = Rows.Task("t", 0) with { Rows = [Rows.Row($"He said: {Words}!", "yes")] };
        var held = Rows.Task("h", 0) with
        {
            Rows = [Rows.Row($"Other text, {Words.ToUpperInvariant()}", "no"),
            Rows.Row($"x {Words[..Words.IndexOf(" thirteen", StringComparison.Ordinal)]} y", "no"), Rows.Row("short", "no")]
        };
        var leak = Assert.Single(MixtureLeaks.Of(Mixture(training, held)));
        Assert.Equal((LeakKind.Overlap, 1, 2), (leak.Kind, leak.Rows, leak.Of));
        Assert.StartsWith("one two three", leak.Shared, StringComparison.Ordinal);
    }

    [Fact]
    public void The_manifest_holds_hashes_caps_shares_and_leaks()
    {
        using var folder = new TemporaryFolder();
        folder.Add("t.jsonl", """{"q": "a", "g": "b"}""");
        folder.Add("h.jsonl", """{"q": "a", "g": "b"}""");
        RecordsSource Of(string name) => new() { Path = $"{name}.jsonl", Input = "{{ q }}", Target = "{{ g }}" };
        var options = Rows.Options(Rows.Sub("a", 2, cap: 7) with { Sources = [Of("t"), Of("h")] }) with { HeldOut = ["h"] };
        var mixture = new InstructionMixture(options, new MixtureReader([folder.Path], null!).Read(options));
        using var manifest = JsonDocument.Parse(MixtureManifest.Json(mixture, 1000));
        var root = manifest.RootElement;
        var share = Assert.Single(root.GetProperty("shares").EnumerateArray());
        Assert.Equal(("t", 1, 7, 1.0, 1000),
            (share.GetProperty("task").GetString(), share.GetProperty("rows").GetInt32(), share.GetProperty("cap").GetInt32(),
            share.GetProperty("realised").GetDouble(), share.GetProperty("examples").GetInt32()));
        Assert.Equal("same_rows", Assert.Single(root.GetProperty("leaks").EnumerateArray()).GetProperty("kind").GetString());
        Assert.Equal(2, root.GetProperty("files").GetArrayLength());
        Assert.Equal(1000, root.GetProperty("formats").EnumerateObject().Sum(f => f.Value.GetInt32()));
    }
}
