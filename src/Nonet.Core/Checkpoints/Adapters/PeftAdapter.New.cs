using Nonet.Models;
using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Checkpoints.Adapters;

/// <summary>Creates adapters, and turns them off and on.</summary>
public sealed partial class PeftAdapter
{
    const string Head = "head"; // name of ParameterRole.Head

    readonly Dictionary<Parameter, Tensor> originals = [];
    int switchedOff;

    /// <summary>
    /// Puts new adapters on layers of a model, ready for training. A is random and B is zero, so that the model does not change at first.
    /// If the model is not filled yet, A and B become parameters of the model, and all others are frozen except those that are trained in
    /// full. One optimiser, one gradient norm and one <see cref="Training.Checkpoint"/> then cover all of them. In a filled model the
    /// parameters do not change, and A and B have their own store.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="rank">r.</param>
    /// <param name="alpha">α: the change is scaled by α / r.</param>
    /// <param name="targets">
    /// Layers, by name (query, key, value, output, gate, up, down of the blocks, tokens) or by role: <c>matrix</c> for the linear layers
    /// inside the network, <c>head</c> for the output layer, even if it is the token table, <c>embedding</c> for the tables. Null: query
    /// and value, as in section 4.2 of the paper.
    /// </param>
    /// <param name="whole">Parameters that are trained in full; null: none. Only for a model that is not filled.</param>
    /// <param name="seed">Seed of the random values if the model is filled; otherwise they are drawn with those of the model.</param>
    /// <param name="dropout">Dropout of the adapters' inputs in training: see <see cref="UseDropout"/>.</param>
    /// <param name="rankStabilized">Whether the change is scaled by α / √r instead (rsLoRA).</param>
    /// <param name="magnitudes">Whether the rows of the changed weights get trained lengths (DoRA). Only for linear layers.</param>
    /// <exception cref="ArgumentException">The model does not have a target. The message lists its layers and roles.</exception>
    public static PeftAdapter Attach(ILanguageModel model, int rank, double alpha, IReadOnlyList<string>? targets = null, Func<Parameter, bool>? whole = null,
        ulong seed = 1,
        double dropout = 0, bool rankStabilized = false, bool magnitudes = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rank, 1);
        Parameter[] own = [.. model.Parameters.Parameters];
        var chosen = Targets(own.Where(p => whole?.Invoke(p) != true), targets ?? ["query", "value"]);
        var filled = model.Parameters.IsFilled;
        if (filled && whole is not null)
            throw new ArgumentException("parameters can be trained in full only if the adapter is attached before the model is filled", nameof(whole));
        if (magnitudes && chosen.Find(layer => layer is Embedding) is { } table)
            throw new NotSupportedException($"magnitudes (DoRA) on the table {table.Weight}: they are for linear layers; leave it out of the targets");
        var adapter = new PeftAdapter(filled ? new ParameterStore(model.Parameters.Device) : model.Parameters, declared: !filled)
        {
            IsRankStabilized = rankStabilized,
            Dropout = (float)dropout
        };
        if (!filled)
        {
            foreach (var p in own)
                p.Frozen = whole?.Invoke(p) != true;
            adapter.Whole = [.. own.Where(p => !p.Frozen)];
        }
        foreach (var layer in chosen)
            adapter.Put(layer, rank, (float)(alpha / PeftFiles.Divisor(rank, rankStabilized)), magnitudes);
        if (filled)
            adapter.Parameters.FillForTraining(seed);
        return adapter;
    }

    /// <summary>Layers that match names or roles.</summary>
    static List<IAdaptable> Targets(IEnumerable<Parameter> parameters, IReadOnlyList<string> targets)
    {
        var all = parameters.ToArray();
        var layers = all.SelectMany(AdaptableBy).ToArray();
        var chosen = new List<IAdaptable>();
        foreach (var target in targets)
        {
            if (Array.Find(all, p => IsExpert(p) && IsNamed(p, target)) is { } expert)
            {
                throw new NotSupportedException($"target '{target}': found the experts' matrices, such as {expert.Path}, which take no adapter; "
                    + $"expected layers outside them, by name: "
                    + $"{string.Join(", ", layers.Where(l => !all.Any(p => IsExpert(p) && IsNamed(p, l.Name))).Select(l => l.Name).Distinct())}");
            }
            var found = layers.Where(l => l.Name == target || l.Role == target).Select(l => l.Layer).ToArray();
            if (found.Length == 0)
            {
                throw new ArgumentException(
                    $"target '{target}': the model has layers {string.Join(", ", layers.Select(l => l.Name).Distinct())} of roles "
                    + $"{string.Join(", ", layers.Select(l => l.Role).Distinct())}",
                    nameof(targets));
            }
            chosen.AddRange(found.Where(l => !chosen.Contains(l)));
        }
        return [.. layers.Select(l => l.Layer).Where(chosen.Contains)];
    }

    static bool IsExpert(Parameter p) => p.Layer is not IAdaptable && p.Path.Contains("/experts/", StringComparison.Ordinal);

    static bool IsNamed(Parameter p, string target) =>
        p.Path.Split('/') is [.., var name, _] && name == target || string.Equals(p.Role.ToString(), target, StringComparison.OrdinalIgnoreCase);

    /// <summary>Uses of a weight that accept an adapter, with name and role. A tied table has two.</summary>
    static IEnumerable<(IAdaptable Layer, string Name, string Role)> AdaptableBy(Parameter p)
    {
        if (p.Layer is not IAdaptable layer)
            yield break;
        var role = p.Role.ToString().ToLowerInvariant();
        yield return (layer, p.Role != ParameterRole.Head && p.Path.Split('/') is [.., var name, _] ? name : role, role);
        if (layer is Embedding { Projects: true } table)
            yield return (table.Projection, Head, Head);
    }

    /// <summary>Whether a parameter is A or B of a layer.</summary>
    public bool Owns(Parameter parameter) => layers.Exists(l => l.Adapter.A == parameter || l.Adapter.B == parameter || l.Adapter.Magnitude == parameter);

    /// <summary>Turns the adapters' dropout on for a pass, or off.</summary>
    /// <param name="key">Random stream of the pass; null: no dropout.</param>
    public void UseDropout(RandomKey? key)
    {
        foreach (var (_, adapter) in layers)
            adapter.Dropout = key is { } own ? (Dropout, own) : null;
    }

    /// <summary>
    /// A new tensor with a layer's changed weight, W + scale · B A; the weight itself does not change. A quantised weight is dequantised
    /// first. Null for a parameter without an adapter, or after <see cref="Merge"/>.
    /// </summary>
    /// <exception cref="NotSupportedException">The weight is a tied table, and the adapter changes only one of its uses.</exception>
    public Tensor? Merged(Parameter weight)
    {
        if (IsMerged || layers.Find(l => l.Layer.Weight == weight) is not (_, { } adapter))
            return null;
        RequireMergeable();
        return adapter.Change(1);
    }

    /// <summary>
    /// Turns the adapter off until the result is disposed of. The model then computes as before the adapter was attached, with the original
    /// values of parameters that the adapter saves in full, if the model had any (<see cref="KeepOriginals"/>). A policy and its reference
    /// can thus share one model.
    /// </summary>
    /// <exception cref="InvalidOperationException">The adapter is merged.</exception>
    public Switch Off()
    {
        if (IsMerged)
            throw new InvalidOperationException("the adapter is merged into the weights: unmerge it before you turn it off");
        if (switchedOff++ == 0)
            SetOn(false);
        return new Switch(this);
    }

    /// <summary>
    /// Keeps the original values of the parameters that are saved in full: those of the base model. Parameters that the base model lacks,
    /// such as a new head, stay on while the adapter is off.
    /// </summary>
    public void KeepOriginals(IWeightSource before)
    {
        foreach (var p in Whole)
        {
            if (before.Find(p, p.Value.Device) is { } value)
                originals[p] = value.Unscoped();
        }
    }

    void SetOn(bool on)
    {
        foreach (var (layer, adapter) in layers)
            layer.Adapter = on ? adapter : null;
        foreach (var p in originals.Keys.ToArray())
            originals[p] = p.Exchange(originals[p]);
    }

    /// <summary>An adapter that is turned off. Disposing of it turns the adapter on again.</summary>
    public struct Switch : IDisposable
    {
        PeftAdapter? adapter;

        internal Switch(PeftAdapter adapter) => this.adapter = adapter;

        /// <inheritdoc/>
        public void Dispose()
        {
            if (adapter is { } off && --off.switchedOff == 0)
                off.SetOn(true);
            adapter = null;
        }
    }
}
