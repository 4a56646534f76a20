using Nonet.Text;
using Nonet.Text.Chat;

namespace Nonet.Tests.Text;

/// <summary>Marks that other files than tokenizer_config.json name.</summary>
public sealed class SpecialTokensMapTests : IDisposable
{
    const string Template = "{{ bos_token }}{% for x in messages %}{{ x.role }}: {{ x.content }}{{ eos_token }}{% endfor %}";
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    void Add(bool config)
    {
        folder.Add("tokenizer.json", """
            {"added_tokens":[{"id":2,"content":"<b>","special":true},{"id":3,"content":"<e>","special":true}],
             "model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[]}}
            """);
        folder.Add("chat_template.jinja", Template);
        if (config)
            folder.Add("tokenizer_config.json", """{"tokenizer_class":"PreTrainedTokenizerFast"}""");
    }

    string Rendered() => ChatTemplate.Load(folder.Path)!.Render([ChatMessage.User("hello")]);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_map_names_marks_by_their_texts(bool config)
    {
        Add(config);
        folder.Add("special_tokens_map.json", """{"bos_token":"<b>","eos_token":{"content":"<e>","lstrip":false}}""");
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal(3, tokenizer.EndOfText);
        Assert.Equal("<b>user: hello<e>", Rendered());
        tokenizer.Save(folder["saved"]); // and what is written needs no map
        folder.Add("saved/chat_template.jinja", Template);
        Assert.Equal(3, Tokenizer.Load(folder["saved"]).EndOfText);
        Assert.Equal("<b>user: hello<e>", ChatTemplate.Load(folder["saved"])!.Render([ChatMessage.User("hello")]));
    }

    [Theory]
    [InlineData("3")]
    [InlineData("[3,1]")]
    public void A_config_names_the_end_by_its_id(string id)
    {
        Add(config: false);
        folder.Add("config.json", $$"""{"eos_token_id":{{id}}}""");
        Assert.Equal(3, Tokenizer.Load(folder.Path).EndOfText);
        Assert.Equal("user: hello", Rendered()); // a template's marks are named by texts alone
    }

    [Fact]
    public void Where_nothing_names_an_end_the_files_that_could_are_told()
    {
        Add(config: true);
        var tokenizer = Tokenizer.Load(folder.Path);
        Assert.False(tokenizer.HasEndOfText);
        Assert.Contains("special_tokens_map.json", Assert.Throws<Nonet.Files.MalformedFileException>(() => tokenizer.EndOfText).Message,
            StringComparison.Ordinal);
    }
}
