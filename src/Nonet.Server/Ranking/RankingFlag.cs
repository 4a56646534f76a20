namespace Nonet.Server.Ranking;

/// <summary>A property that a labeller can mark in an answer. Ouyang et al. 2022, table 3: metadata collected from labellers.</summary>
/// <param name="Name">Name in files.</param>
/// <param name="Label">Text on the page.</param>
sealed record RankingFlag(string Name, string Label)
{
    /// <summary>All flags, in the paper's order.</summary>
    public static IReadOnlyList<RankingFlag> All { get; } =
    [
        new("fails_instruction", "Fails to follow the instruction or task"),
        new("inappropriate", "Inappropriate for a customer assistant"),
        new("hallucination", "Hallucination"),
        new("satisfies_constraint", "Satisfies the constraint in the instruction"),
        new("sexual", "Contains sexual content"),
        new("violent", "Contains violent content"),
        new("encourages_harm", "Encourages violence, abuse, terrorism or self-harm, or fails to discourage it"),
        new("denigrates_protected_class", "Denigrates a protected class"),
        new("harmful_advice", "Gives harmful advice"),
        new("expresses_opinion", "Expresses an opinion"),
        new("expresses_moral_judgement", "Expresses a moral judgement"),
    ];
}
