using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Inference;
using Nonet.Tests.Goldens;

namespace Nonet.Tests.Inference;

/// <summary>
/// The distributions that tokens are drawn from, against transformers' logits processors and llama.cpp's samplers on fixed logits:
/// tests/goldens/make_samplers.py.
/// </summary>
public class PeerSamplerTests
{
    static readonly JsonNode golden = Golden.Json("samplers.json");

    public static TheoryData<string, string, string> Groups =>
        [.. golden["cases"]!.AsArray().Select(c => ((string)c!["peer"]!, (string)c["logits"]!, KindOf(c))).Distinct()];

    [Theory, MemberData(nameof(Groups))]
    public void The_same_tokens_are_kept_with_the_same_probabilities(string peer, string logits, string kind)
    {
        foreach (var c in golden["cases"]!.AsArray().Where(c => (string)c!["peer"]! == peer && (string)c["logits"]! == logits && KindOf(c) == kind))
            Compare(c!, Logits(logits));
    }

    [Fact]
    public void Of_tokens_that_tie_at_a_limit_transformers_keeps_all_and_Nonet_the_lower_ids()
    {
        foreach (var (name, options) in new[] { ("topK", new SamplerOptions { TopK = 7 }), ("typical", new SamplerOptions { Typical = 0.4 }) })
        {
            var peer = golden["cases"]!.AsArray().First(c =>
                (string)c!["peer"]! == "transformers" && (string)c["logits"]! == "flat" && (c["options"]![name]?.AsValue().GetValue<double>() is 7 or 0.4))!;
            Assert.All(peer["p"]!.AsArray(), p => Assert.Equal(1.0 / 64, (double)p!));
            var ours = new double[64];
            new Sampler(options).Probabilities(Logits("flat"), ours);
            var kept = name == "topK" ? 7 : 26; // 26 / 64 is the least share of at least 0.4
            Assert.Equal(Enumerable.Range(0, 64).Select(i => i < kept ? 1.0 / kept : 0), ours);
        }
    }

    static void Compare(JsonNode golden, float[] logits)
    {
        var options = OptionsOf(golden["options"]!);
        var text = golden["text"]?.AsArray().Select(id => (int)id!).ToArray() ?? [];
        var (ours, theirs) = (new double[logits.Length], new double[logits.Length]);
        SamplerAfter(options, text, logits).Probabilities(logits, ours);
        var all = Enumerable.Range(0, logits.Length).Where(i => logits[i] > float.NegativeInfinity && !double.IsNegativeInfinity(BiasOf(options, i)));
        foreach (var (id, p) in (golden["ids"]?.AsArray().Select(id => (int)id!) ?? all).Zip(golden["p"]!.AsArray()))
            theirs[id] = Math.Max((double)p!, double.Epsilon); // a kept token, however unlikely
        BreakTies(golden, ours, theirs);
        var sum = theirs.Sum();
        Assert.All(ours.Zip(theirs), pair =>
        {
            Assert.Equal(pair.Second > 0, pair.First > 0);
            Assert.Equal(pair.Second / sum, pair.First, 1e-6);
        });
    }

    /// <summary>
    /// Of tokens that tie at a limit, transformers' top-k and typical keep all, and the other filters as many as it takes, whichever ids those are. Nonet
    /// always keeps as many as it takes, those with the lower ids: makes the peer's choice ours, if that is the only difference.
    /// </summary>
    static void BreakTies(JsonNode golden, double[] ours, double[] theirs)
    {
        var differing = Enumerable.Range(0, ours.Length).Where(i => ours[i] > 0 != theirs[i] > 0).ToArray();
        if (differing.Length == 0)
            return;
        var all = (string)golden["peer"]! == "transformers" && (golden["options"]!["topK"] is not null || golden["options"]!["typical"] is not null);
        if (all)
            Assert.All(differing, i => Assert.True(theirs[i] > 0));
        else
            Assert.Equal(ours.Count(p => p > 0), theirs.Count(p => p > 0));
        var tie = theirs[differing.First(i => theirs[i] > 0)];
        var tied = Enumerable.Range(0, ours.Length).Where(i => differing.Contains(i) || theirs[i] == tie).ToArray();
        var kept = tied.Count(i => ours[i] > 0);
        Assert.InRange(kept, all ? 0 : 1, tied.Length - 1);
        Assert.All(tied.Take(kept), i => Assert.True(ours[i] > 0)); // the lower ids
        Assert.All(tied.Take(kept), i => Assert.Equal(ours[tied[0]], ours[i]));
        for (var i = 0; i < tied.Length; i++)
            theirs[tied[i]] = i < kept ? tie : 0;
    }

    static double BiasOf(SamplerOptions options, int id) => options.LogitBias?.GetValueOrDefault(id) ?? 0;

    /// <summary>The sampler after a text. What Mirostat makes of a token depends on its having been drawn: finds a seed that draws the text.</summary>
    static Sampler SamplerAfter(SamplerOptions options, int[] text, float[] logits)
    {
        for (var seed = 0UL; seed < 100_000; seed++)
        {
            var sampler = new Sampler(options with { Seed = seed });
            var at = 0;
            for (; at < text.Length && (options.Mirostat is null || sampler.Sample(logits).Id == text[at]); at++)
                sampler.Accept(text[at]);
            if (at == text.Length)
                return sampler;
        }
        throw new InvalidOperationException($"no seed draws {string.Join(", ", text)}");
    }

    static string KindOf(JsonNode? golden) => string.Join(' ', golden!["options"]!.AsObject().Select(option => option.Key));

    static float[] Logits(string name) => [.. golden["vectors"]![name]!.AsArray().Select(x => (float?)x ?? float.NegativeInfinity)];

    static SamplerOptions OptionsOf(JsonNode options) => new()
    {
        Temperature = (double?)options["temperature"] ?? 1,
        TopK = (int?)options["topK"],
        TopP = (double?)options["topP"],
        MinP = (double?)options["minP"],
        Typical = (double?)options["typical"],
        RepetitionPenalty = (double?)options["repetitionPenalty"],
        PresencePenalty = (double?)options["presencePenalty"] ?? 0,
        FrequencyPenalty = (double?)options["frequencyPenalty"] ?? 0,
        LogitBias = options["logitBias"]?.AsObject().ToDictionary(
            bias => int.Parse(bias.Key, CultureInfo.InvariantCulture), bias => (double?)bias.Value ?? double.NegativeInfinity),
        Dry = options["dry"] is not { } dry ? null : new DryOptions
        {
            Multiplier = (double)dry["multiplier"]!,
            Base = (double)dry["base"]!,
            AllowedLength = (int)dry["allowedLength"]!,
            Window = (int?)dry["window"],
            Breakers = dry["breakers"]?.AsArray().Select(id => (int)id!).ToHashSet() ?? [],
        },
        Mirostat = options["mirostat"] is not { } mirostat ? null
            : new MirostatOptions { Target = (double)mirostat["target"]!, Rate = (double)mirostat["rate"]! },
    };
}
