using Nonet.Tensors;

namespace Nonet.Server.Ranking;

/// <summary>The order in which a labeller sees the answers of a task. It does not reveal who wrote them, and is the same at every visit.</summary>
static class BlindOrder
{
    /// <summary>Index of the answer at each place, shuffled by seed, task and labeller (Fisher and Yates).</summary>
    public static int[] Of(ulong seed, string task, string labeller, int answers)
    {
        int[] order = [.. Enumerable.Range(0, answers)];
        var key = new RandomKey(seed, Philox.Hash(labeller), Philox.Hash(task));
        for (var i = answers - 1; i > 0; i--)
        {
            var j = Philox.Below(key, (ulong)i, i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }
}
