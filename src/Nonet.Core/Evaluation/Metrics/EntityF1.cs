namespace Nonet.Evaluation.Metrics;

/// <summary>Predicted against true entities. A prediction is right if its type and both ends agree. Tjong Kim Sang and De Meulder 2003 (CoNLL).</summary>
/// <param name="Right">Number of predicted entities that are right.</param>
/// <param name="Found">Number of predicted entities.</param>
/// <param name="Gold">Number of true entities.</param>
public readonly record struct EntityF1(long Right, long Found, long Gold)
{
    /// <summary>Share of the predicted entities that are right; 0 if none was predicted.</summary>
    public double Precision => Found == 0 ? 0 : (double)Right / Found;

    /// <summary>Share of the true entities that were found; 0 if there are none.</summary>
    public double Recall => Gold == 0 ? 0 : (double)Right / Gold;

    /// <summary>2 p r / (p + r); 0 if there are neither predicted nor true entities.</summary>
    public double F1 => Found + Gold == 0 ? 0 : 2.0 * Right / (Found + Gold);

    /// <summary>Counts the entities of all sentences: for all types together (the micro average), and for each type.</summary>
    public static (EntityF1 All, SortedDictionary<string, EntityF1> ByType) Of(IReadOnlyList<IReadOnlyList<string>> predicted,
        IReadOnlyList<IReadOnlyList<string>> gold)
    {
        Pairs.Check(predicted.Count, gold.Count);
        var types = new SortedDictionary<string, EntityF1>(StringComparer.Ordinal);
        for (var s = 0; s < gold.Count; s++)
        {
            if (predicted[s].Count != gold[s].Count)
                throw new ArgumentException($"sentence {s}: {predicted[s].Count} predicted tags for {gold[s].Count} words");
            var there = EntityChunk.Of(gold[s]);
            var found = EntityChunk.Of(predicted[s]);
            foreach (var chunk in there)
                Add(chunk.Type, new EntityF1(0, 0, 1));
            foreach (var chunk in found)
                Add(chunk.Type, new EntityF1(there.Contains(chunk) ? 1 : 0, 1, 0));
        }
        var all = types.Values.Aggregate(default(EntityF1), (a, b) => a + b);
        return (all, types);

        void Add(string type, EntityF1 counts) => types[type] = types.GetValueOrDefault(type) + counts;
    }

    /// <summary>Adds the counts of two sets of sentences.</summary>
    public static EntityF1 operator +(EntityF1 a, EntityF1 b) => new(a.Right + b.Right, a.Found + b.Found, a.Gold + b.Gold);
}
