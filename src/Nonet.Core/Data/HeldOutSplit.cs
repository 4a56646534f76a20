namespace Nonet.Data;

/// <summary>Divides examples into those to train on and those to hold out.</summary>
public static class HeldOutSplit
{
    /// <summary>
    /// Holds out about a share of the items, but at least one text, and leaves at least one. The choice depends only on the seed and each item's text, so
    /// copies are on the same side, and further items move none of the others (unless one was held out, or left, because no other was).
    /// </summary>
    /// <param name="items">The items.</param>
    /// <param name="share">Share to hold out.</param>
    /// <param name="seed">Seed of the choice.</param>
    /// <param name="text">Text that an item is known by.</param>
    /// <param name="what">What the items are, for the message, such as prompts.</param>
    /// <returns>Both parts, in the order of the items.</returns>
    /// <exception cref="ArgumentException">There are fewer than two different items.</exception>
    public static (T[] Train, T[] HeldOut) Of<T>(IReadOnlyList<T> items, double share, ulong seed, Func<T, string> text, string what)
    {
        double[] draws = [.. items.Select(item => TokenizedData.Draw(seed, text(item)))];
        double[] distinct = [.. draws.Distinct().Order()];
        if (distinct.Length < 2)
            throw new ArgumentException(
                $"{what}: found {items.Count}{(items.Count > 1 ? ", all the same" : "")}; expected at least two different ones, as some are held out to "
                + "measure on: add some, or name a file of others in a recipe, as data.validation");
        var limit = Math.Clamp(share, Math.BitIncrement(distinct[0]), distinct[^1]);
        return ([.. items.Where((_, i) => draws[i] >= limit)], [.. items.Where((_, i) => draws[i] < limit)]);
    }
}
