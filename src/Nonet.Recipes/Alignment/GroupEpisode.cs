using Nonet.Alignment.Rewards;

namespace Nonet.Recipes.Alignment;

/// <summary>A response with the values that GRPO keeps from its rollout.</summary>
/// <param name="Response">The response.</param>
/// <param name="LogProbabilities">ln π of each token at the rollout.</param>
/// <param name="Reference">ln π_ref of each token.</param>
/// <param name="Advantage">A of the response in its group.</param>
sealed record GroupEpisode(Response Response, double[] LogProbabilities, double[] Reference, double Advantage)
{
    public (int[] Prompt, int[] Response) Item => (Response.PromptIds, Response.Ids);
}
