using System.Globalization;
using Nonet.Data.Masked;
using Nonet.Tensors;

namespace Nonet.Data.Generated;

/// <summary>Some classes and the label of each, all as letters counted from 0.</summary>
public sealed record SymbolMapping(IReadOnlyList<int> Classes, IReadOnlyList<int> Labels)
{
    /// <summary>An input of a class: a digit, which means nothing, and the class.</summary>
    public string Input(int digit, int @class) => string.Create(CultureInfo.InvariantCulture, $"{digit}{(char)('a' + Classes[@class])}");

    /// <summary>The label of a class.</summary>
    public string Label(int @class) => ((char)('A' + Labels[@class])).ToString();
}

/// <summary>
/// Mappings of a few classes to labels: class a may have label F in one mapping and label T in the next. Classes are drawn from the small letters, labels from
/// the capital ones. An input is a digit and the class, "7a", so that two inputs of a class differ, and no example of a prompt need be the query itself. A
/// mapping lies on one side only, training or held out, by a hash of it.
/// </summary>
/// <param name="classes">Classes of a mapping: from 2 to 26.</param>
public sealed class SymbolMappings(int classes)
{
    /// <summary>The share of mappings that is held out.</summary>
    const double HeldOutShare = 1.0 / 8;

    const int Letters = 26;

    /// <summary>Draws that a sequence uses at most of its stream.</summary>
    internal const int DrawsAhead = 1 << 12;

    /// <summary>Number of classes of a mapping.</summary>
    public int Classes { get; } = classes is >= 2 and <= Letters ? classes
        : throw new ArgumentOutOfRangeException(nameof(classes), $"{classes} classes; expected 2 to {Letters}");

    /// <summary>Mapping i.</summary>
    public SymbolMapping Draw(ulong seed, ulong index, bool heldOut)
    {
        var draws = Stream(seed, index, "mapping");
        while (true)
        {
            var mapping = new SymbolMapping(Chosen(ref draws), Chosen(ref draws));
            if (IsHeldOut(mapping) == heldOut)
                return mapping;
        }
    }

    /// <summary>The side of a mapping.</summary>
    public static bool IsHeldOut(SymbolMapping mapping) => Draw($"{string.Join(',', mapping.Classes)}:{string.Join(',', mapping.Labels)}") < HeldOutShare;

    /// <summary>A number in (0, 1) that a text decides: what divides the two sides.</summary>
    internal static double Draw(string text) => Philox.Uniform(new RandomKey(Philox.Hash(text), 0, 0).At("held out"), 0);

    /// <summary>The draws of a sequence for one use.</summary>
    internal static KeyedDraws Stream(ulong seed, ulong index, string use) => new(new RandomKey(seed, 0, 0).At(use), index * DrawsAhead);

    /// <summary>Different letters.</summary>
    int[] Chosen(ref KeyedDraws draws)
    {
        var letters = new int[Letters];
        for (var i = 0; i < letters.Length; i++)
            letters[i] = i;
        for (var i = 0; i < Classes; i++)
        {
            var j = i + draws.Below(letters.Length - i);
            (letters[i], letters[j]) = (letters[j], letters[i]);
        }
        return letters[..Classes];
    }
}
