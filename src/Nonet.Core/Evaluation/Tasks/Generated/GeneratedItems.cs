using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Data.Generated;
using Nonet.Data.Masked;

namespace Nonet.Evaluation.Tasks.Generated;

/// <summary>The items of a generator. Scored items and exemplars never overlap.</summary>
static class GeneratedItems
{
    /// <summary>Number of exemplar items of a family without groups.</summary>
    const int ExemplarPool = 1000;

    /// <summary>Number of exemplar items per class of a mapping.</summary>
    const int PerClass = 4;

    /// <summary>The items that are scored.</summary>
    public static IEnumerable<(string Place, JsonObject Fields)> Test(ItemGenerator options) =>
        options.Family == ItemFamily.Mappings ? Enumerable.Range(0, options.Items).Select(i => (Place(i), Mapping(options, i, -1)))
            : Distinct(options).Take(options.Items);

    /// <summary>The pool of exemplars.</summary>
    public static IEnumerable<(string Place, JsonObject Fields)> Exemplars(ItemGenerator options) =>
        options.Family == ItemFamily.Mappings
        ? from i in Enumerable.Range(0, options.Items)
          from e in Enumerable.Range(0, PerClass * options.Size)
          select ($"{Place(i)}, exemplar {e + 1}",
        Mapping(options, i, e))
            : Distinct(options).Skip(options.Items).Take(ExemplarPool);

    static string Place(int i) => string.Create(CultureInfo.InvariantCulture, $"generated item {i + 1}");

    /// <summary>Items without repeats. The sequence ends if the family has no further item.</summary>
    static IEnumerable<(string Place, JsonObject Fields)> Distinct(ItemGenerator options)
    {
        const int MostRepeats = 10_000;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var repeats = 0;
        for (var i = 0; repeats < MostRepeats; i++)
        {
            var draws = SymbolMappings.Stream(options.Seed, (ulong)i, options.Family.ToString());
            var fields = Item(options, i, ref draws);
            if (seen.Add(fields.First().Value!.ToJsonString() + (fields.Count > 2 ? fields.ElementAt(1).Value!.ToJsonString() : "")))
                yield return (Place(seen.Count - 1), fields);
            else
                repeats++;
        }
    }

    static JsonObject Item(ItemGenerator options, int index, ref KeyedDraws draws) => options.Family switch
    {
        ItemFamily.Addition or ItemFamily.Subtraction or ItemFamily.Multiplication => Arithmetic(options, ref draws),
        ItemFamily.Composite => Composite(ref draws),
        ItemFamily.LastLetters => WordItems.LastLetters(options.Size, ref draws),
        ItemFamily.CoinFlip => WordItems.CoinFlip(options.Size, ref draws),
        ItemFamily.Chain => Chain(options, index),
        ItemFamily.Dates => DateItems.Item(options.Seed, ref draws),
        _ => WordItems.Scrambled(options.Family, ref draws),
    };

    static JsonObject Arithmetic(ItemGenerator options, ref KeyedDraws draws)
    {
        var below = (int)Math.Pow(10, options.Digits);
        long a = draws.Below(below), b = draws.Below(below);
        var answer = options.Family switch { ItemFamily.Addition => a + b, ItemFamily.Subtraction => a - b, _ => a * b };
        return new JsonObject { ["a"] = a, ["b"] = b, ["answer"] = answer };
    }

    static JsonObject Composite(ref KeyedDraws draws)
    {
        int a = draws.Below(10), b = draws.Below(10), c = draws.Below(10);
        char first = "+-*"[draws.Below(3)], second = "+-*"[draws.Below(3)];
        return new JsonObject { ["expression"] = $"{a}{first}({b}{second}{c})", ["answer"] = Apply(first, a, Apply(second, b, c)) };

        static int Apply(char op, int x, int y) => op switch { '+' => x + y, '-' => x - y, _ => x * y };
    }

    static JsonObject Mapping(ItemGenerator options, int mapping, int exemplar)
    {
        var drawn = new SymbolMappings(options.Size).Draw(options.Seed, (ulong)mapping, heldOut: true);
        var draws = SymbolMappings.Stream(options.Seed, (ulong)mapping, "items of a mapping");
        var (@class, digit) = (draws.Below(options.Size), draws.Below(10));
        if (exemplar >= 0) // never the input that is scored, whatever its class
            (@class, digit) = (exemplar % options.Size, (digit + 1 + (exemplar / options.Size + 2 * exemplar) % 9) % 10);
        return new JsonObject
        {
            ["mapping"] = mapping,
            ["input"] = drawn.Input(digit, @class),
            ["right"] = @class,
            ["labels"] = new JsonArray([.. Enumerable.Range(0, options.Size).Select(c => (JsonNode)drawn.Label(c))])
        };
    }

    static JsonObject Chain(ItemGenerator options, int index)
    {
        var problem = ChainSequences.Problem(options.Seed, (ulong)index, options.Size, options.Size, 0, heldOut: true);
        return new JsonObject
        {
            ["problem"] = problem.Text,
            ["answer"] = problem.Answer.ToString("00", CultureInfo.InvariantCulture),
            ["steps"] = string.Join(' ', problem.Steps(backward: false)),
        };
    }
}
