namespace Nonet.Inference.Scheduling.Drafts;

/// <summary>
/// Drafts the next tokens of a sequence, which the model then checks in one pass (Leviathan et al. 2022). A draft is accepted if the sequence's own sampler
/// draws the same token from the model's logits. At any temperature, the text is therefore the same, token by token, as without drafts.
/// </summary>
interface IDrafter : IDisposable
{
    /// <summary>Appends drafts up to a maximum number.</summary>
    void Propose(GenerationSequence sequence, int most, List<int> drafts);

    /// <summary>Called when a sequence has left the engine or the cache.</summary>
    void Leave(EngineSequence sequence);
}
