namespace Nonet.Cli.Tests;

/// <summary>bleu on files; the scores are those of sacreBLEU's README.</summary>
public sealed class BleuTests : IDisposable
{
    readonly TemporaryFolder temporary = new();

    string Write(string name, params string[] lines)
    {
        File.WriteAllLines(temporary[name], lines);
        return temporary[name];
    }

    string Hypotheses => Write("hypotheses", "The dog bit the man.", "It wasn't surprising.", "The man had just bitten him.");
    string First => Write("first", "The dog bit the man.", "It was not unexpected.", "The man bit him first.");
    string Second => Write("second", "The dog had bit the man.", "No one was surprised.", "The man had bitten the dog.");

    [Fact]
    public async Task The_score_and_its_signature()
    {
        var told = await Program.Run("bleu", Hypotheses, First, Second);
        Assert.Equal("BLEU = 48.53 82.4/50.0/45.5/37.5 (BP = 0.943 ratio = 0.944 hyp_len = 17 ref_len = "
            + "18)\nnrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:nonet-0.1.0\n", told.Out);
        var json = (await Program.Run("bleu", Hypotheses, First, Second, "--tok", "intl", "--chrf", "--json")).Json;
        Assert.Equal(43.91623493, json.GetProperty("bleu").GetDouble(), 1e-6);
        Assert.InRange(json.GetProperty("chrF2++").GetDouble(), 1, 99);
        Assert.Equal(told.Out,
            (await Program.RunWith(await File.ReadAllTextAsync(Hypotheses, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken,
            "bleu", "-", First, Second)).Out);
        Assert.Equal(4,
            (await Program.Run("bleu", Hypotheses, First, "--chrf", "--lowercase", "--chrf-lowercase")).Out.Split('\n')
            .Count(line => line.Contains("chrF", StringComparison.Ordinal) || line.Contains("case:lc", StringComparison.Ordinal)) - 1);
    }

    [Fact] // İ in lower case is two characters; chrF is asked for its own case
    public async Task Lower_case_is_pythons_and_asked_for_each_score()
    {
        var (ours, theirs) = (Write("upper", "THE Cat İs ON the mat now."), Write("lower", "the cat i\u0307s on the mat now."));
        Assert.Equal(100, (await Program.Run("bleu", ours, theirs, "--lowercase", "--json")).Json.GetProperty("bleu").GetDouble(), 1e-9);
        Assert.InRange((await Program.Run("bleu", ours, theirs, "--lowercase", "--chrf", "--json")).Json.GetProperty("chrF2").GetDouble(), 1, 90);
        Assert.Equal(100, (await Program.Run("bleu", ours, theirs, "--chrf", "--chrf-lowercase", "--json")).Json.GetProperty("chrF2").GetDouble(), 1e-9);
    }

    [Fact] // as open(..., newline="\n") reads files for sacreBLEU
    public async Task Only_a_line_feed_ends_a_line_and_a_byte_order_mark_is_told()
    {
        await File.WriteAllTextAsync(temporary["cr"], "The dog\rbit the man.\r\nIt wasn't surprising.\nThe man had just bitten him.\n",
            TestContext.Current.CancellationToken);
        Assert.Equal((await Program.Run("bleu", Hypotheses, First)).Out, (await Program.Run("bleu", temporary["cr"], First)).Out);
        await File.WriteAllTextAsync(temporary["mark"], "\uFEFFThe dog bit the man.\nIt wasn't surprising.\nThe man had just bitten him.\n",
            TestContext.Current.CancellationToken);
        var told = await Program.Run("bleu", temporary["mark"], First);
        Assert.Contains($"{temporary["mark"]}: a byte-order mark begins the file", told.Error, StringComparison.Ordinal);
        Assert.NotEqual((await Program.Run("bleu", Hypotheses, First)).Out, told.Out);
    }

    [Fact]
    public async Task Files_that_do_not_match_are_named()
    {
        (await Program.Run("bleu", Hypotheses, First, Write("short", "a"))).AssertRefused(1, temporary["short"], "found 1 lines; expected 3");
        (await Program.Run("bleu", Write("none"), Write("empty"))).AssertRefused(1, temporary["none"], "found no line");
        (await Program.Run("bleu", Hypotheses, temporary["missing"])).AssertRefused(1, temporary["missing"]);
        (await Program.Run("bleu", Hypotheses, First, "--tok", "zh")).AssertRefused(2, "zh");
        await File.WriteAllBytesAsync(temporary["bytes"], [0xff, 0x0a], TestContext.Current.CancellationToken);
        (await Program.Run("bleu", temporary["bytes"], First)).AssertRefused(1, temporary["bytes"], "not UTF-8");
    }

    public void Dispose() => temporary.Dispose();
}
