using System.Runtime.InteropServices;
using Nonet.Models;
using Nonet.Tensors;

namespace Nonet.Inference.Scheduling.Drafts;

/// <summary>
/// Drafts with a small model. It draws with the settings and the random numbers of the sequence's own sampler, so that both models draw the same token where
/// they agree.
/// </summary>
sealed class ModelDrafter(ICausalModel model, int vocab) : IDrafter
{
    const int TokensAtOnce = 512;

    readonly KvCache cache = new(model);
    readonly Dictionary<EngineSequence, State> states = [];

    public void Propose(GenerationSequence sequence, int most, List<int> drafts)
    {
        most = Math.Min(most, model.Context - sequence.Count);
        if (most < 1)
            return;
        if (!states.TryGetValue(sequence, out var state))
            states.Add(sequence, state = new State(cache.Begin(), sequence.CreateSampler()));
        foreach (var id in sequence.Tokens[^(sequence.Written - state.Sampler.Length)..])
            state.Sampler.Accept(id);
        var known = Math.Min(sequence.Tokens.CommonPrefixLength(CollectionsMarshal.AsSpan(state.Cached)), sequence.Count - 1);
        cache.Truncate(state.Number, known);
        state.Cached.RemoveRange(known, state.Cached.Count - known);
        var next = Next(state, sequence.Tokens[known..]);
        for (var i = 1; ; i++)
        {
            drafts.Add(next);
            state.Sampler.Accept(next);
            if (i == most)
                break;
            next = Next(state, [next]);
        }
        state.Sampler.Rewind(most);
    }

    public void Leave(EngineSequence sequence)
    {
        if (states.Remove(sequence, out var state))
            cache.Remove(state.Number);
    }

    public void Dispose() => cache.Dispose();

    /// <summary>Appends tokens, and returns the token that the draft model draws next.</summary>
    int Next(State state, ReadOnlySpan<int> ids)
    {
        for (; ids.Length > TokensAtOnce; ids = ids[TokensAtOnce..])
        {
            using var chunk = new TensorScope();
            Forward(state, ids[..TokensAtOnce]);
        }
        using var scope = new TensorScope();
        var hidden = Forward(state, ids);
        var last = ids.Length == 1 ? hidden : Ops.Slice(hidden, 0, ids.Length - 1, 1);
        return state.Sampler.Sample(model.Output(last).Download().AsSpan<float>()[..vocab]).Id;
    }

    Tensor Forward(State state, ReadOnlySpan<int> ids)
    {
        state.Cached.AddRange(ids);
        return model.Forward(cache.Append(state.Number, ids), cache);
    }

    sealed record State(int Number, Sampler Sampler)
    {
        /// <summary>The tokens in the cache.</summary>
        public List<int> Cached { get; } = [];
    }
}
