using Nonet.Alignment.Rewards;

namespace Nonet.Recipes.Alignment;

/// <summary>A response with the values that PPO keeps from its rollout.</summary>
/// <param name="Response">The response.</param>
/// <param name="LogProbabilities">ln π of each token at the rollout.</param>
/// <param name="Values">V before each token at the rollout.</param>
/// <param name="Advantages">A of each token.</param>
/// <param name="Returns">R of each token.</param>
sealed record PpoEpisode(Response Response, double[] LogProbabilities, double[] Values, double[] Advantages, double[] Returns)
{
    public (int[] Prompt, int[] Response) Item => (Response.PromptIds, Response.Ids);
}
