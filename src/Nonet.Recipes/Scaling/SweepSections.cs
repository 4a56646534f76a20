using Nonet.Recipes.Yaml;
using Nonet.Scaling.Runs;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes.Scaling;

/// <summary>The keys of a sweep's recipe: a line each.</summary>
static class SweepSections
{
    static readonly Section<SweepOptions> options = new Section<SweepOptions>(() => new SweepOptions())
        .Choice("plan", o => o.Plan, (o, choice) => o with { Plan = choice }, ("grid", SweepPlan.Grid), ("isoflop", SweepPlan.IsoFlop), ("both", SweepPlan.Both))
        .Add("sizes", (o, v) => o with { Sizes = Numbers(v, "a number of parameters from 1000 to 1e12", x => x is >= 1000 and <= 1e12) }, o => List(o.Sizes), required: "a list of numbers of parameters")
        .Choice("counting", o => o.Counting, (o, choice) => o with { Counting = choice }, ("all", ParameterCounting.All), ("non_embedding", ParameterCounting.NonEmbedding))
        .Add("tokens", (o, v) => o with { Tokens = v.IsNull ? null : Numbers(v, "a number of tokens of at least 1000", x => x >= 1000) }, o => ListOrNull(o.Tokens))
        .Add("tokens_per_parameter", (o, v) => o with { TokensPerParameter = v.IsNull ? null : Numbers(v, "a number above 0", x => x > 0) }, o => ListOrNull(o.TokensPerParameter))
        .Add("flops", (o, v) => o with { Flops = v.IsNull ? null : Numbers(v, "a number of FLOPs above 0", x => x > 0) }, o => ListOrNull(o.Flops))
        .Add("seeds", (o, v) => o with { Seeds = [.. v.Items("a list of seeds").Select(item => item.Seed("a whole number from 0 to 2^64 - 1"))] },
            o => new YamlSequenceNode(o.Seeds.Select(seed => (YamlNode)YamlText.Plain(FormattableString.Invariant($"{seed}")))))
        .Choice("rate", o => o.Rate, (o, choice) => o with { Rate = choice }, ("fixed", RateRule.Fixed), ("power", RateRule.Power), ("search", RateRule.Search))
        .Number("exponent", o => o.Exponent, (o, x) => o with { Exponent = x }, "a number from -2 to 2", x => x is >= -2 and <= 2)
        .Add("rates", (o, v) => o with { Rates = v.IsNull ? null : Numbers(v, "a learning rate above 0", x => x > 0) }, o => ListOrNull(o.Rates))
        .Number("warmup", o => o.Warmup, (o, x) => o with { Warmup = x }, "a part of the updates in [0, 1)", x => x is >= 0 and < 1)
        .Whole("evaluations", o => o.Evaluations, (o, n) => o with { Evaluations = n }, least: 1)
        .Whole("noise_batches", o => o.NoiseBatches, (o, n) => o with { NoiseBatches = n })
        .Add("held_out", (o, v) => o with { HoldOutLargest = v.Text(HeldOut) switch { "largest" => true, "none" => false, _ => throw v.Wrong(HeldOut) } }, o => YamlText.Plain(o.HoldOutLargest ? "largest" : "none"));

    /// <summary>All of a recipe.</summary>
    public static readonly Section<SweepRecipe> Sweep = new Section<SweepRecipe>(() => new SweepRecipe { Name = "", Train = RecipeSections.Unread(steps: 1), Sweep = new SweepOptions() })
        .Text("name", r => r.Name, (r, text) => r with { Name = text })
        .Add("train", (r, v) => r with { Train = RecipeSections.RecipeOfSweep.Read(v, r.Train) }, r => RecipeSections.RecipeOfSweep.Write(r.Train), required: "a training recipe: model, data, tokenizer, training")
        .Add("sweep", (r, v) => r with { Sweep = options.Read(v) }, r => options.Write(r.Sweep), required: "at least sizes, and tokens or flops");

    const string HeldOut = "one of largest, none";

    static double[] Numbers(YamlValue list, string expected, Func<double, bool> allowed) => [.. list.Items($"a list, each {expected}").Select(item => item.Number(expected, allowed))];

    static YamlSequenceNode List(IReadOnlyList<double> numbers) => new(numbers.Select(x => (YamlNode)YamlText.Number(x)));

    static YamlNode ListOrNull(IReadOnlyList<double>? numbers) => numbers is null ? YamlText.Null : List(numbers);
}
