namespace Nonet.Data;

/// <summary>Divides examples into a training set and a held-out set.</summary>
public static class HeldOutSplit
{
    /// <summary>
    /// Holds out about a share of the items, but at least one text, and leaves at least one for training. The choice depends only on the seed and
    /// each item's text, so copies are on the same side. Additional items do not move others, unless an item was held out or left only because there
    /// had to be one.
    /// </summary>
    /// <param name="items">The items.</param>
    /// <param name="share">Share to hold out.</param>
    /// <param name="seed">Seed of the choice.</param>
    /// <param name="text">Text of an item, which decides its side.</param>
    /// <param name="what">Noun for the items in the message, such as prompts.</param>
    /// <returns>Both parts, in the order of the items.</returns>
    /// <exception cref="ArgumentException">There are fewer than two different items.</exception>
    public static (T[] Train, T[] HeldOut) Of<T>(IReadOnlyList<T> items, double share, ulong seed, Func<T, string> text, string what)
    {
        double[] draws = [.. items.Select(item => TokenizedData.Draw(seed, text(item)))];
        double[] distinct = [.. draws.Distinct().Order()];
        if (distinct.Length < 2)
            throw new ArgumentException(
                $"{what}: found {items.Count}{(items.Count > 1 ? ", all the same" : "")}; expected at least two different ones, because some are held out for "
                + "evaluation: add more, or set data.validation in a recipe to another file");
        var limit = Math.Clamp(share, Math.BitIncrement(distinct[0]), distinct[^1]);
        return ([.. items.Where((_, i) => draws[i] >= limit)], [.. items.Where((_, i) => draws[i] < limit)]);
    }
}
