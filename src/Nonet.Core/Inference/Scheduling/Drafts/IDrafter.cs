namespace Nonet.Inference.Scheduling.Drafts;

/// <summary>
/// Guesses the next tokens of a sequence, which the model then checks in one pass (Leviathan et al. 2022). A guess stands when the sequence's own sampler
/// draws the same token from the model's logits, so that the text is, token by token, what it would be without guesses, whatever the temperature.
/// </summary>
interface IDrafter : IDisposable
{
    /// <summary>Appends at most so many guesses.</summary>
    void Propose(GenerationSequence sequence, int most, List<int> drafts);

    /// <summary>A sequence has left the engine, or its room.</summary>
    void Leave(EngineSequence sequence);
}
