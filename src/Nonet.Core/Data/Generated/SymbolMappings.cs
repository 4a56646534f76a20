using Nonet.Data.Masked;
using Nonet.Tensors;

namespace Nonet.Data.Generated;

/// <summary>
/// Classes and labels that belong together by a permutation: class a may have label F in one mapping and label B in the next. An input is a digit, which means nothing, and the class:
/// "7a". So two inputs of a class differ, and no example of a prompt need be the query itself. A mapping lies on one side only, training or held out, by a hash of it.
/// </summary>
/// <param name="classes">Classes, each with a label of its own: from 2 to 26.</param>
public sealed class SymbolMappings(int classes)
{
    /// <summary>The share of mappings that is held out.</summary>
    const double HeldOutShare = 1.0 / 8;

    /// <summary>Draws that a sequence uses at most of its stream.</summary>
    internal const int DrawsAhead = 1 << 12;

    public int Classes { get; } = classes is >= 2 and <= 26 ? classes : throw new ArgumentOutOfRangeException(nameof(classes), $"{classes} classes: 2 to 26 are needed");

    /// <summary>Mapping i: the label of each class, both counted from 0.</summary>
    public int[] Draw(ulong seed, ulong index, bool heldOut)
    {
        var draws = Stream(seed, index, "mapping");
        var labels = new int[Classes];
        do
        {
            for (var i = 0; i < labels.Length; i++)
                labels[i] = i;
            for (var i = labels.Length - 1; i > 0; i--)
            {
                var j = draws.Below(i + 1);
                (labels[i], labels[j]) = (labels[j], labels[i]);
            }
        }
        while (IsHeldOut(labels) != heldOut);
        return labels;
    }

    /// <summary>The side of a mapping.</summary>
    public static bool IsHeldOut(ReadOnlySpan<int> labels) => Draw(string.Join(',', labels.ToArray())) < HeldOutShare;

    /// <summary>A number in (0, 1) that a text decides: what divides the two sides.</summary>
    internal static double Draw(string text) => Philox.Uniform(new RandomKey(Philox.Hash(text), 0, 0).At("held out"), 0);

    /// <summary>An input of a class.</summary>
    public static string Input(int digit, int @class) => $"{digit}{(char)('a' + @class)}";

    /// <summary>A label's name.</summary>
    public static string Label(int label) => ((char)('A' + label)).ToString();

    /// <summary>The draws of a mapping's use.</summary>
    internal static KeyedDraws Stream(ulong seed, ulong index, string use) => new(new RandomKey(seed, 0, 0).At(use), index * DrawsAhead);
}
