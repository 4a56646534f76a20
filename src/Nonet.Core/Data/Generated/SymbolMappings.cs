using System.Globalization;
using Nonet.Data.Masked;
using Nonet.Tensors;

namespace Nonet.Data.Generated;

/// <summary>Some classes and the label of each. Both are letters, counted from 0.</summary>
public sealed record SymbolMapping(IReadOnlyList<int> Classes, IReadOnlyList<int> Labels)
{
    /// <summary>An input of a class: a digit without meaning, then the class.</summary>
    public string Input(int digit, int @class) => string.Create(CultureInfo.InvariantCulture, $"{digit}{(char)('a' + Classes[@class])}");

    /// <summary>The label of a class.</summary>
    public string Label(int @class) => ((char)('A' + Labels[@class])).ToString();
}

/// <summary>
/// Mappings of a few classes to labels: class a may have label F in one mapping and label T in the next. Classes are drawn from the lower-case
/// letters, labels from the upper-case letters. An input is a digit and the class, such as "7a", so that inputs of one class can differ and no
/// exemplar in a prompt has to equal the query. A hash of a mapping decides whether it is for training or held out.
/// </summary>
/// <param name="classes">Number of classes of a mapping, from 2 to 26.</param>
public sealed class SymbolMappings(int classes)
{
    /// <summary>Share of the mappings that is held out.</summary>
    const double HeldOutShare = 1.0 / 8;

    const int Letters = 26;

    /// <summary>Largest number of draws that a sequence takes from its stream.</summary>
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

    /// <summary>Whether a mapping is held out.</summary>
    public static bool IsHeldOut(SymbolMapping mapping) => Draw($"{string.Join(',', mapping.Classes)}:{string.Join(',', mapping.Labels)}") < HeldOutShare;

    /// <summary>A number in (0, 1) that depends only on a text. It decides whether the text is held out.</summary>
    internal static double Draw(string text) => Philox.Uniform(new RandomKey(Philox.Hash(text), 0, 0).At("held out"), 0);

    /// <summary>The draws of a sequence for one purpose.</summary>
    internal static KeyedDraws Stream(ulong seed, ulong index, string use) => new(new RandomKey(seed, 0, 0).At(use), index * DrawsAhead);

    /// <summary>Distinct letters, one for each class.</summary>
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
