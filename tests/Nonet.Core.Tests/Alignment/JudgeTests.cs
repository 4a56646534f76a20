using Nonet.Alignment.Comparison;
using Nonet.Evaluation.Models;
using Nonet.Evaluation.Prompts;

namespace Nonet.Tests.Alignment;

public class JudgeTests
{
    [Theory]
    [InlineData("A", 1.0), InlineData(" B.", 0.0), InlineData("Answer C", 0.5), InlineData("**A**", 1.0), InlineData("Both are bad", null),
        InlineData("", null)]
    public void A_verdict_is_the_first_letter_that_stands_alone(string reply, double? expected) => Assert.Equal(expected, Judge.Verdict(reply));

    [Fact]
    public async Task A_judge_that_likes_the_longer_answer_is_consistent()
    {
        var model = new Replying(question => Answer(question, 'A').Length > Answer(question, 'B').Length ? "A" : "B");
        var judged = await new Judge(model).Compare(["p", "q"], ["long answer", "x"], ["short", "xyz"], TestContext.Current.CancellationToken);
        Assert.Equal([new Judgement(1, true, 0), new Judgement(0, true, 0)], judged);
        Assert.Equal(4, model.Asked);
    }

    [Fact]
    public async Task A_judge_that_likes_a_position_ties_everything()
    {
        var judged = await new Judge(new Replying(_ => "A")).Compare(["p"], ["a"], ["b"], TestContext.Current.CancellationToken);
        Assert.Equal(new Judgement(0.5, false, 0), judged[0]);
        var silent = await new Judge(new Replying(_ => "no idea")).Compare(["p"], ["a"], ["b"], TestContext.Current.CancellationToken);
        Assert.Equal(new Judgement(0.5, true, 2), silent[0]);
    }

    static string Answer(string question, char which) => question.Split($"Answer {which}:\n")[1].Split("\n\n")[0];

    sealed class Replying(Func<string, string> reply) : ITextModel
    {
        public int Asked { get; private set; }
        public string Name => "judge";
        public string Digest => "judge";
        public ChatMode Chat => ChatMode.Text;

        public Task Write(IReadOnlyList<TextRequest> requests, Action<int, WrittenText> done, CancellationToken stopping)
        {
            for (var i = 0; i < requests.Count; i++)
                done(i, new WrittenText(reply(requests[i].Prompt.Text), "stop_text", null, null));
            Asked += requests.Count;
            return Task.CompletedTask;
        }
    }
}
