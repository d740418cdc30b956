# Builds the gems that its standard input lists, a line each, and the indexes that gem itself makes of them.
#   ruby gems.rb FOLDER <<< "NAME NUMBER PLATFORM DEPENDENCY:REQUIREMENT|..."
require "fileutils"
require "rubygems/package"
require "rubygems/indexer"
require "rubygems/mock_gem_ui"

folder = ARGV.fetch(0)
FileUtils.mkdir_p("#{folder}/gems")
Gem::DefaultUserInteraction.ui = Gem::SilentUI.new
$stdin.each_line(chomp: true) do |line|
  name, number, platform, requires = line.split(" ", 4)
  Dir.chdir(folder) do
    FileUtils.mkdir_p("lib")
    File.write("lib/#{name}.rb", "module #{name.split("_").map(&:capitalize).join}\n  RELEASE = \"#{number}\"\nend\n")
    spec = Gem::Specification.new do |s|
      s.name, s.version, s.platform = name, number, platform
      s.summary = s.description = name
      s.authors = ["Nobody"]
      s.licenses = ["MIT"]
      s.homepage = "https://gems.example"
      s.files = ["lib/#{name}.rb"]
      (requires || "").split("|").each { |dependency| s.add_dependency(*dependency.split(":", 2)) }
    end
    FileUtils.mv(Gem::Package.build(spec, true), "gems/")
  end
end
Gem::Indexer.new(folder).generate_index
